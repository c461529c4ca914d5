package diagnostics

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/internal/tongue"
)

// The codes about the clock.
const (
	ClockSkew        Code = "clock.skew"
	ClockJumped      Code = "clock.jumped"
	TimeSourceSilent Code = "clock.no_source"
)

func clockRules() []rule {
	return []rule{
		{Rule{ClockSkew, SectionNetwork, Warning, "Clock wrong",
			"The machine's clock is two minutes or more away from the server's, or, where that is not known, from that of the time servers it is told to ask."}, clockSkew},
		{Rule{ClockJumped, SectionLog, Warning, "Clock was set back",
			"The log holds 3 entries or more from at least 10 minutes in the future, and later ones that are not: the clock has been ahead, and was set back."}, clockJumped},
		{Rule{TimeSourceSilent, SectionNetwork, Info, "Time servers silent",
			"Not one of the time servers that this machine is told to ask gives an answer."}, timeSourceSilent},
	}
}

// skew is the machine's clock minus the true time, and whose word that is; ok is
// false when nobody has said.
func (f *facts) skew() (skew time.Duration, by tongue.Text, ok bool) {
	// Bounded first: a number of milliseconds can be too large for a Duration.
	const most = int64(100 * 365 * 24 * time.Hour / time.Millisecond)
	of := func(ms int64) time.Duration { return time.Duration(min(max(ms, -most), most)) * time.Millisecond }
	if s := f.network.Server; s != nil && (s.Connected || s.SkewMS != 0) {
		return of(s.SkewMS), tongue.Of("clock.servers"), true
	}
	// Several time servers outvote one that is wrong: the nearest to us counts.
	for _, t := range f.network.TimeSources {
		if d := of(t.SkewMS); t.Answers && (!ok || d.Abs() < skew.Abs()) {
			skew, by, ok = d, tongue.Of("clock.of", tongue.Name("address", clean(t.Address, 60))), true
		}
	}
	return skew, by, ok
}

func clockSkew(f *facts) *Finding {
	skew, by, ok := f.skew()
	if !ok || skew.Abs() < 2*time.Minute {
		return nil
	}
	sentence := tongue.Of("finding.clock_fast", tongue.Duration("length", skew))
	if skew < 0 {
		sentence = tongue.Of("finding.clock_slow", tongue.Duration("length", skew))
	}
	return &Finding{
		Said:     says(sentence, "advice.clock_skew"),
		Detail:   fmt.Sprintf("The endpoint's clock is %+d s from %s.", int64(skew/time.Second), by.English()),
		Evidence: []Evidence{reading(SectionNetwork, tongue.Of("evidence.clock_against", tongue.Sub("whose", by)), verbatim(fmt.Sprintf("%+d s", int64(skew/time.Second))))},
		Fix:      &Fix{Recipe: SetClock},
	}
}

func clockJumped(f *facts) *Finding {
	if f.TakenAt.IsZero() {
		return nil
	}
	var ahead []LogEntry
	furthest, back := time.Duration(0), false
	for _, e := range f.log.Entries {
		d := e.At.Sub(f.TakenAt)
		switch {
		case e.At.IsZero() || d >= 20*365*24*time.Hour: // no time, or none that a clock ever had
		case d >= 10*time.Minute:
			ahead = append(ahead, e)
			furthest = max(furthest, d)
		case len(ahead) > 0:
			back = true
		}
	}
	// A log that only writes another zone's time is ahead to its end.
	if len(ahead) < 3 || !back {
		return nil
	}
	finding := &Finding{
		Said:   says(tongue.Of("finding.clock_jumped", tongue.Duration("length", furthest)), "advice.clock_jumped"),
		Detail: fmt.Sprintf("%d entries of the log lie in the future, the furthest by %s.", len(ahead), durationText(furthest)),
	}
	for _, e := range ahead[max(0, len(ahead)-3):] {
		finding.Evidence = append(finding.Evidence, e.evidence())
	}
	return finding
}

func timeSourceSilent(f *facts) *Finding {
	finding := &Finding{
		Said: says(tongue.Of("finding.time_source_silent"), "advice.go_on_working"),
	}
	for _, t := range f.network.TimeSources {
		if t.Answers {
			return nil
		}
		finding.Evidence = append(finding.Evidence, reading(SectionNetwork, tongue.Of("evidence.time_server", tongue.Name("address", clean(t.Address, 60))), verbatim(clean(t.Problem, 120))))
	}
	if len(finding.Evidence) == 0 {
		return nil
	}
	finding.Detail = count(len(finding.Evidence), "configured time server asked", "configured time servers asked") + ", none answers."
	return finding
}
