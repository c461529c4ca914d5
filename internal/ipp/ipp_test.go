package ipp

import (
	"errors"
	"slices"
	"testing"
)

func answer(groups ...[]byte) []byte {
	b := []byte{1, 1, 0, 0, 0, 0, 0, 1}
	for _, g := range groups {
		b = append(b, g...)
	}
	return append(b, TagEnd)
}

func office() []byte {
	return answer([]byte{TagOperation},
		slices.Concat([]byte{TagPrinter}, Attributes("printer-name", TagName, "Office"), Numbers("printer-state", TagEnum, 5), Attributes("printer-state-reasons", TagKeyword, "paused", "more")),
		slices.Concat([]byte{TagJob}, Numbers("job-id", TagInteger, 7, 8)))
}

func TestParse(t *testing.T) {
	groups, err := parse(office())
	if err != nil || len(groups) != 3 {
		t.Fatalf("%v, %v", groups, err)
	}
	if g := groups[1]; g.Tag != TagPrinter || g.Text("printer-name") != "Office" || g.Number("printer-state") != 5 || g.Text("printer-state-reasons") != "paused, more" || g.Number("printer-name") != 0 {
		t.Errorf("%+v", g)
	}
	if n := groups[2].Number("job-id"); n != 7 {
		t.Errorf("job %d", n)
	}
	if _, err := parse([]byte{1, 1, 4, 6, 0, 0, 0, 1, 3}); !errors.Is(err, ErrNone) {
		t.Errorf("none: %v", err)
	}
	if _, err := parse([]byte{1, 1, 4, 1, 0, 0, 0, 1, 3}); err == nil || errors.Is(err, ErrNone) {
		t.Errorf("refused: %v", err)
	}
}

// Whatever the printing system says, its answer is read to the end or refused.
func FuzzIPP(f *testing.F) {
	whole := office()
	for i := range whole {
		f.Add(whole[:i])
	}
	f.Add(whole)
	f.Fuzz(func(t *testing.T, b []byte) {
		groups, err := parse(b)
		if err != nil && groups != nil {
			t.Error("both groups and an error")
		}
		for _, g := range groups {
			for name := range g.values {
				if len(g.Text(name)) > len(b) {
					t.Errorf("%q has %q", name, g.Text(name))
				}
				g.Number(name)
			}
		}
	})
}
