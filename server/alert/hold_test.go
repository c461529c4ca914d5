package alert

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func instance(labels ...string) Instance {
	i := Instance{ID: "Hot.1", Rule: "Hot", Labels: map[string]string{"severity": "warning", "site": "Berlin", "endpoint": "a"}, Alert: Alert{State: Firing, FiredAt: noon}}
	for n := 0; n < len(labels); n += 2 {
		i.Labels[labels[n]] = labels[n+1]
	}
	return i
}

// TestMatchers: what fits is what would fit in Alertmanager.
func TestMatchers(t *testing.T) {
	for _, c := range []struct {
		text string
		fits bool
	}{
		{`{site="Berlin"}`, true},
		{`site="Berlin"`, true},
		{`site="Berlin", severity="warning"`, true},
		{`site="Berlin", severity="critical"`, false},
		{`site=~"Ber|Berl"`, false}, // for the whole value
		{`site=~"Ber.*"`, true},
		{`site!~"Ber", severity="warning"`, true},
		{`site!~"Ber.*", severity="warning"`, false},
		{`site!="Paris", severity="warning"`, true},
		{`team!="network", severity="warning"`, true}, // a label that is not there is empty
		{`team=~"network|", site="Berlin"`, true},
		{`team=~".+"`, false},
		{`alertname="Hot"`, true},
		{`Hot{site="Berlin"}`, true},
		{`Cold{site="Berlin"}`, false},
		{`Hot`, true},
		{`{site="berlin"}`, false},
	} {
		m, err := ParseMatchers(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		i := instance()
		if m.Fit(&i) != c.fits {
			t.Errorf("%s fits: %v", c.text, !c.fits)
		}
		doc, err := json.Marshal(m)
		var back Matchers
		if err == nil {
			err = json.Unmarshal(doc, &back)
		}
		if err != nil || back.String() != m.String() {
			t.Errorf("%s is %s, and then %s: %v", c.text, m, back, err)
		}
	}
	for _, text := range []string{``, `{}`, `{site=~".*"}`, `{site=~"("}`, `{site="Berlin"`, `{site="Berlin"} or up`, `{a!="b"}`, `x="` + strings.Repeat("a", 3000) + `"`, strings.Repeat(`a="b",`, 21) + `c="d"`} {
		if m, err := ParseMatchers(text); err == nil {
			t.Errorf("%.40s is %s", text, m)
		}
	}
	if i := instance(); (Matchers{}).Fit(&i) {
		t.Error("no matchers fit")
	}
	hostile := map[string]string{"site": "a\"}\n\\ „", "team": ""}
	i := instance("site", hostile["site"])
	if m, err := ParseMatchers(MatchExactly(hostile).String()); err != nil || !m.Fit(&i) {
		t.Errorf("%v, %v", m, err)
	}
}

func mustMatch(t *testing.T, text string) Matchers {
	t.Helper()
	m, err := ParseMatchers(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestHeld: each thing that holds an alert says by what, why and until when.
func TestHeld(t *testing.T) {
	hour := func(from, to int) Times {
		return Times{Stretch: Stretch{noon.Add(time.Duration(from) * time.Hour), noon.Add(time.Duration(to) * time.Hour)}}
	}
	silences := []Silence{
		{ID: "s1", Match: mustMatch(t, `site="Berlin"`), Times: hour(0, 2), Name: "Anna", Why: "We know."},
		{ID: "s2", Match: mustMatch(t, `site="Paris"`), Times: hour(0, 2)},
		{ID: "s3", Match: mustMatch(t, `site="Berlin"`), Times: hour(1, 2)},
		{ID: "s4", Match: mustMatch(t, `site="Berlin"`), Times: hour(-2, 0)},
		{ID: "s5", Match: mustMatch(t, `site="Berlin"`), Times: hour(0, 2), EndedAt: noon},
	}
	windows := []Window{
		{ID: "w1", Title: "New switches", Sites: []string{"Berlin"}, Times: hour(-1, 1)},
		{ID: "w2", Title: "New disk", Endpoints: []string{"a"}, Times: hour(0, 3)},
		{ID: "w3", Endpoints: []string{"b", ""}, Sites: []string{"Paris"}, Times: hour(0, 3)},
		{ID: "w4", Title: "Move of the data centre", Times: hour(0, 4)},
		{ID: "w5", Times: hour(4, 5)},
	}
	ancestors := []Ancestor{{ID: "Lost.1", Name: "the site Berlin", Below: map[string]struct{}{"a": {}}}, {ID: "Lost.2", Below: map[string]struct{}{"b": {}, "": {}}}}
	var got []string
	for _, h := range Held(instance(), silences, windows, ancestors, noon) {
		got = append(got, string(h.Kind)+" "+h.By+" "+h.Why+" "+h.Until.Sub(noon).String())
	}
	want := []string{
		"silence s1 Silenced by Anna: We know. 2h0m0s",
		"maintenance w1 In maintenance: New switches. 1h0m0s",
		"maintenance w2 In maintenance: New disk. 3h0m0s",
		"maintenance w4 In maintenance: Move of the data centre. 4h0m0s",
	}
	if len(got) != 5 || !slices.Equal(got[:4], want) || !strings.HasPrefix(got[4], "ancestor Lost.1 It went silent together with the site Berlin, which has an alert of its own.") {
		t.Errorf("%q", got)
	}
	if h := Held(instance(), nil, nil, []Ancestor{{ID: "Hot.1", Below: map[string]struct{}{"a": {}}}}, noon); len(h) > 0 {
		t.Errorf("an ancestor's alert holds itself: %+v", h)
	}
	// About a whole site: a window for one machine of it does not hold it.
	site := Instance{Rule: "SiteSilent", Labels: map[string]string{"site": "Berlin"}}
	if h := Held(Instance{Rule: "FleetSilent"}, nil, []Window{{ID: "w", Sites: []string{""}, Times: hour(-1, 1)}}, nil, noon); len(h) > 0 {
		t.Errorf("a site without a name holds what is about all: %+v", h)
	}
	if h := Held(site, nil, windows[:3], nil, noon); len(h) != 1 || h[0].By != "w1" {
		t.Errorf("%+v", h)
	}
	// What flaps is told when it begins, and then held.
	i := instance()
	for n := range 12 {
		i.Alert.Changes = i.Alert.Changes.Saw(n%2 == 0)
	}
	if h := Held(i, nil, nil, nil, noon.Add(flapTold-1)); len(h) > 0 {
		t.Errorf("its beginning is not told: %+v", h)
	}
	if h := Held(i, nil, nil, nil, noon.Add(flapTold)); len(h) != 1 || h[0].Kind != ForFlap {
		t.Errorf("%+v", h)
	}
	i.Steady = true
	if h := Held(i, nil, nil, nil, noon.Add(flapTold)); len(h) > 0 {
		t.Errorf("it is not damped: %+v", h)
	}
}

// TestHeldByWhatMatches: over any silences, an alert is held by exactly those that
// match it and hold now, and adding one frees nothing.
func TestHeldByWhatMatches(t *testing.T) {
	site := rapid.SampledFrom([]string{"Berlin", "Paris", ""})
	texts := rapid.SampledFrom([]string{`site="Berlin"`, `site!="Berlin",severity="warning"`, `site=~"B.*|P.*"`, `alertname="Hot"`, `site!~"P.+",alertname!="Cold",severity=~".+"`})
	rapid.Check(t, func(r *rapid.T) {
		i := instance("site", site.Draw(r, "site"))
		var silences []Silence
		before := 0
		for n := range rapid.IntRange(0, 6).Draw(r, "silences") {
			from := rapid.IntRange(-4, 4).Draw(r, "from")
			s := Silence{ID: string(rune('a' + n)), Match: mustMatch(t, texts.Draw(r, "match")), Times: Times{Stretch: Stretch{noon.Add(time.Duration(from) * time.Hour), noon.Add(time.Duration(from+rapid.IntRange(1, 4).Draw(r, "for")) * time.Hour)}}}
			silences = append(silences, s)
			held := Held(i, silences, nil, nil, noon)
			if len(held) < before {
				r.Fatalf("one more silence frees: %+v", held)
			}
			before = len(held)
			is := slices.ContainsFunc(held, func(h Hold) bool { return h.By == s.ID })
			if _, on := s.On(noon); is != (on && s.Match.Fit(&i)) {
				r.Fatalf("%+v is held: %v", s, is)
			}
		}
	})
}
