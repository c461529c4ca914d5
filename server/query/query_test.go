package query_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/query"
)

func TestParse(t *testing.T) {
	for _, x := range []struct{ in, out string }{
		{"", ""},
		{"  printer   broken ", "printer broken"},
		{`state:open site:Berlin finding:disk.full "blue screen"`, `state:open site:Berlin finding:disk.full "blue screen"`},
		{`STATE:In-Progress,new site:"New York","Köln"`, `state:in_progress,new site:"New York",Köln`},
		{`-tag:vpn -is:major -printer -"blue screen"`, `-tag:vpn -is:major -printer -"blue screen"`},
		{"priority:1..3", "priority:1,2,3"},
		{"priority<=2", "priority:1,2"},
		{"priority:>3", "priority:4,5"},
		{"created:>2026-01-01", "created:2026-01-02.."},
		{"created:>=2026-01-01", "created:2026-01-01.."},
		{"created:2026-01-01..2026-02-01", "created:2026-01-01..2026-02-01"},
		{"age<3d", "created:3d.."},
		{"age:>2w", "created:..2w"},
		{"updated:today", "updated:today"},
		{"due:<4h", "due:..4h"},
		{"due>today", "due:tomorrow.."},
		{"#1042", "#1042"},
		{" 1042 ", "#1042"},
		{"1042 printer", "1042 printer"},
		{"number:7,#8", "number:7,8"},
		{"is:mine sort:updated team:none", "is:mine team:none sort:updated"},
		{`"C:\\temp \"x\""`, `"C:\\temp \"x\""`},
		{"print*", "print"},
		{"foo - bar !!", "foo bar"},
		{"disk.full", "disk.full"},
	} {
		f, err := query.Parse(x.in)
		if err != nil {
			t.Errorf("%q: %v", x.in, err)
			continue
		}
		if got := query.Print(f); got != x.out {
			t.Errorf("%q prints as %q, not %q", x.in, got, x.out)
		}
		again, err := query.Parse(query.Print(f))
		if err != nil || !reflect.DeepEqual(again, f) {
			t.Errorf("%q comes back as %+v, %v; it was %+v", x.in, again, err, f)
		}
	}
}

// TestMistakes wants a sentence that names the word and says what is possible.
func TestMistakes(t *testing.T) {
	for in, want := range map[string][]string{
		"stat:open":               {"stat:", "state, is, priority"},
		"state:opn":               {`"opn"`, "new, assigned"},
		"is:":                     {"is:", "is:unassigned"},
		"is:funny":                {`"funny"`, "unassigned"},
		"priority:7":              {"priority:7", "1 to 5"},
		"priority<1":              {"priority<1", "1 to 5"},
		"site>Berlin":             {"site>Berlin", "compared"},
		"created:soon":            {"created:soon", "2026-01-31"},
		"created:1d..1d":          {"created:1d..1d"},
		`"blue screen`:            {`"blue screen`, "not closed"},
		`"blue"screen`:            {`"blue"screen`, "space"},
		"sort:colour":             {"sort:colour", "priority, newest"},
		"number:many":             {`"many"`, "number:1042"},
		"-- %":                    {"-- %", "letters or digits"},
		"x\xff":                   {"not text"},
		strings.Repeat("a ", 41):  {"41 words"},
		strings.Repeat("a", 1001): {"1000 characters"},
	} {
		_, err := query.Parse(in)
		if !fault.Is(err, fault.Invalid) || fault.FieldOf(err) != "q" {
			t.Errorf("%q: %v", in, err)
			continue
		}
		for _, part := range want {
			if !strings.Contains(fault.Sentence(err), part) {
				t.Errorf("%q: “%s” does not say %q", in, fault.Sentence(err), part)
			}
		}
	}
}

func TestSpan(t *testing.T) {
	zone := time.FixedZone("", 2*3600)
	now := time.Date(2026, 3, 10, 15, 4, 0, 0, zone)
	day := func(d, h int) time.Time { return time.Date(2026, 3, d, h, 0, 0, 0, zone) }
	for in, want := range map[string][2]time.Time{
		"created:today":                  {day(10, 0), day(11, 0)},
		"created:2026-03-01":             {day(1, 0), day(2, 0)},
		"created:>2026-03-01":            {day(2, 0), {}},
		"created:<=2026-03-01":           {{}, day(2, 0)},
		"created:2026-03-01..2026-03-05": {day(1, 0), day(5, 0)},
		"age<3d":                         {now.AddDate(0, 0, -3), {}},
		"age>1w":                         {{}, now.AddDate(0, 0, -7)},
		"due<4h":                         {{}, now.Add(4 * time.Hour)},
		"due>4h":                         {now.Add(4 * time.Hour), {}},
		"updated:2026-03-01T10:00":       {day(1, 10), day(1, 10).Add(time.Minute)},
	} {
		f, err := query.Parse(in)
		if err != nil {
			t.Fatal(err)
		}
		from, to := f.Terms[0].Span(now)
		if !from.Equal(want[0]) || !to.Equal(want[1]) {
			t.Errorf("%s is %v to %v", in, from, to)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"Müller's Straße, ÉTÉ":       {"muller", "s", "strasse", "ete"},
		"disk.full 10.0.0.2":         {"disk", "full", "10", "0", "0", "2"},
		"u\u0308ber Łódź smørrebrød": {"uber", "lodz", "smorrebrod"},
		"打印机坏了 PC17":                 {"打", "印", "机", "坏", "了", "pc17"},
		"ﬁle Ⅷ":                      {"file", "viii"},
		"a\x00b":                     {"a", "b"},
		strings.Repeat("é", 100):     {strings.Repeat("e", 60)},
	} {
		if got := query.Words(in); !slices.Equal(got, want) {
			t.Errorf("%q has the words %q", in, got)
		}
	}
}

// FuzzParse: whatever is typed is either refused with a sentence or printed so that
// it reads the same again.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`state:open site:"New York",x -tag:a "b c" age<3d due:..4h #12`, "-", `"\"`, "a:b:c", "created:..", "sort:due", "PRIORITY:>=2,1", "ß—½"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := query.Parse(s)
		if err != nil {
			if fault.Sentence(err) == "" || !fault.Is(err, fault.Invalid) {
				t.Fatalf("%q: %v", s, err)
			}
			return
		}
		text := query.Print(a)
		b, err := query.Parse(text)
		if len([]rune(text)) > query.MaxLength {
			return // grew over the limit by its quotes
		}
		if err != nil || !reflect.DeepEqual(a, b) {
			t.Fatalf("%q\nprints %q\nreads  %+v, %v\nwas    %+v", s, text, b, err, a)
		}
		now := time.Date(2026, 3, 10, 15, 4, 0, 0, time.UTC)
		for _, term := range a.Terms {
			term.Span(now)
			for _, v := range term.Values {
				for _, w := range query.Words(v) {
					if again := query.Words(w); len(again) != 1 || again[0] != w {
						t.Fatalf("the word %q has the words %q", w, again)
					}
				}
			}
		}
	})
}
