// Package corpus makes tickets to measure triage with: “Kontor”, an invented office
// of four sites whose people write German and English. It is not real text. What
// makes real text hard is put in on purpose, with each share named in Options: the
// same thing said in other words, typing mistakes, labels that technicians got wrong,
// tickets that say next to nothing, findings that are beside the point, categories
// that are rare, and one that nobody had before the last third of the time.
package corpus

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Ticket is one that the office has had.
type Ticket struct {
	Number   int
	At       time.Time
	Title    string
	Body     string
	Kind     string
	OS       string
	Site     string
	Endpoint string
	Findings []string
	Category string // as the technician has filed it, who errs at times
	Team     string
	True     string // what it was
	// Template names the sentence that it was made from, and HeldOut says that it is
	// one of those kept apart: no other ticket of the first kind says it that way.
	Template string
	HeldOut  bool
	Cause    int // tickets of one outage have the same; 0: of none
}

// Options are what the corpus is made with.
type Options struct {
	Seed    uint64
	Tickets int
	Days    int
	Typos   float64 // the share of words with a typing mistake
	Wrong   float64 // the share of labels that technicians got wrong
	Vague   float64 // the share of tickets that do not say what is wrong
	English float64 // the share written in English
	Mixed   float64 // the share whose body is in the other language than the title
	Telling float64 // the share of tickets whose findings show the cause
	Beside  float64 // the share with a finding that has nothing to do with it
	Outages int     // bursts of tickets about one cause
}

// Default is what the benchmark uses.
func Default() Options {
	return Options{
		Seed: 1042, Tickets: 12_000, Days: 360, Typos: 0.06, Wrong: 0.08, Vague: 0.10, English: 0.35, Mixed: 0.08,
		Telling: 0.45, Beside: 0.20, Outages: 60,
	}
}

// Make returns tickets in the order of time. The same options make the same ones.
func Make(o Options) []Ticket {
	g := &generator{o: o, r: rand.New(rand.NewPCG(o.Seed, o.Seed^0x9e3779b97f4a7c15)), start: time.Date(2025, 11, 3, 7, 0, 0, 0, time.UTC)}
	return g.all()
}

type generator struct {
	o     Options
	r     *rand.Rand
	start time.Time
	n     int
}

func (g *generator) all() []Ticket {
	var out []Ticket
	step := time.Duration(g.o.Days) * 24 * time.Hour / time.Duration(max(g.o.Tickets, 1))
	outageEvery := g.o.Tickets
	if g.o.Outages > 0 {
		outageEvery = max(1, g.o.Tickets/g.o.Outages)
	}
	for i := 0; len(out) < g.o.Tickets; i++ {
		at := g.start.Add(time.Duration(len(out)) * step).Add(time.Duration(g.r.Int64N(int64(step) + 1)))
		late := len(out) >= g.o.Tickets*2/3
		c := g.category(late)
		if i%outageEvery == outageEvery/2 && len(c.findings) > 0 { // nobody forgets a password because of an outage
			out = append(out, g.outage(c, at, len(out))...)
			continue
		}
		out = append(out, g.one(c, at, place(g.r), ""))
	}
	for i := range out {
		out[i].Number = i + 1
	}
	return out[:g.o.Tickets]
}

// category draws one by its weight.
func (g *generator) category(late bool) *category {
	var sum int
	for i := range categories {
		if late || !categories[i].late {
			sum += categories[i].weight
		}
	}
	at := g.r.IntN(sum)
	for i := range categories {
		if !late && categories[i].late {
			continue
		}
		if at -= categories[i].weight; at < 0 {
			return &categories[i]
		}
	}
	return &categories[0]
}

// outage is one cause at one site that several people ring about within the hour,
// each in their own words.
func (g *generator) outage(c *category, at time.Time, cause int) []Ticket {
	var out []Ticket
	site := place(g.r)
	seen := c.findings[g.r.IntN(len(c.findings))]
	for range 3 + g.r.IntN(5) {
		at = at.Add(time.Duration(1+g.r.IntN(12)) * time.Minute)
		code := seen
		if g.r.Float64() < 0.3 { // not every machine notices
			code = ""
		}
		t := g.one(c, at, site, code)
		t.Cause = cause + 1
		out = append(out, t)
	}
	return out
}

func (g *generator) one(c *category, at time.Time, site, code string) Ticket {
	g.n++
	t := Ticket{At: at, Kind: c.kind, Site: site, True: c.id, OS: pick(g.r, "windows", "windows", "windows", "linux", "darwin")}
	t.Endpoint = fmt.Sprintf("%s-%03d", strings.ToUpper(site[:3]), g.r.IntN(400))
	english := g.r.Float64() < g.o.English
	phrases := c.german
	if english {
		phrases = c.english
	}
	n := g.r.IntN(len(phrases))
	t.Template, t.HeldOut = fmt.Sprintf("%s/%v/%d", c.id, english, n), n%3 == 2
	t.Title = g.fill(phrases[n], english)
	if g.r.Float64() < g.o.Vague {
		t.Title = pick(g.r, vague...)
		if g.r.IntN(2) == 0 { // the title says nothing, the body does
			t.Body = g.fill(phrases[n], english)
		} else {
			t.Template, t.HeldOut = "vague", false
		}
	}
	bodyEnglish := english != (g.r.Float64() < g.o.Mixed)
	t.Body = strings.TrimSpace(t.Body + " " + g.around(bodyEnglish))
	t.Title, t.Body = g.mistype(t.Title), g.mistype(t.Body)
	switch {
	case code != "":
		t.Findings = append(t.Findings, code)
	case len(c.findings) > 0 && g.r.Float64() < g.o.Telling:
		t.Findings = append(t.Findings, c.findings[g.r.IntN(len(c.findings))])
	}
	if x := pick(g.r, beside...); g.r.Float64() < g.o.Beside && !slices.Contains(t.Findings, x) {
		t.Findings = append(t.Findings, x)
	}
	label := c
	if g.r.Float64() < g.o.Wrong {
		label = g.category(true)
	}
	t.Category, t.Team = label.id, label.team
	return t
}

// around is what people write besides what is wrong.
func (g *generator) around(english bool) string {
	list := aroundGerman
	if english {
		list = aroundEnglish
	}
	var out []string
	for range g.r.IntN(4) {
		out = append(out, g.fill(list[g.r.IntN(len(list))], english))
	}
	return strings.Join(out, " ")
}

// fill puts words into a sentence's gaps.
func (g *generator) fill(s string, english bool) string {
	for {
		from := strings.IndexByte(s, '{')
		to := strings.IndexByte(s, '}')
		if from < 0 || to < from {
			return s
		}
		list := gaps[s[from+1:to]]
		if english {
			if e := gaps[s[from+1:to]+".en"]; e != nil {
				list = e
			}
		}
		s = s[:from] + list[g.r.IntN(len(list))] + s[to+1:]
	}
}

// mistype makes the mistakes of a hurried hand: two letters changed about, one left
// out, one doubled, a neighbour's key, or everything in small letters.
func (g *generator) mistype(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		r := []rune(w)
		if len(r) < 4 || g.r.Float64() >= g.o.Typos {
			continue
		}
		at := 1 + g.r.IntN(len(r)-2)
		switch g.r.IntN(4) {
		case 0:
			r[at], r[at+1] = r[at+1], r[at]
		case 1:
			r = append(r[:at], r[at+1:]...)
		case 2:
			r = append(r[:at+1], r[at:]...)
		default:
			r[at] = rune("qwertzuiopasdfghjklyxcvbnm"[g.r.IntN(26)])
		}
		words[i] = string(r)
	}
	s = strings.Join(words, " ")
	if g.r.IntN(4) == 0 {
		s = strings.ToLower(s)
	}
	return s
}

func pick(r *rand.Rand, list ...string) string { return list[r.IntN(len(list))] }

func place(r *rand.Rand) string { return pick(r, "Berlin", "Berlin", "Hamburg", "Gera", "Lyon") }
