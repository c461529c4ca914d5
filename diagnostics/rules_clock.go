package diagnostics

import (
	"fmt"
	"time"
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
func (f *facts) skew() (skew time.Duration, by string, ok bool) {
	// Bounded first: a number of milliseconds can be too large for a Duration.
	const most = int64(100 * 365 * 24 * time.Hour / time.Millisecond)
	of := func(ms int64) time.Duration { return time.Duration(min(max(ms, -most), most)) * time.Millisecond }
	if s := f.network.Server; s != nil && (s.Connected || s.SkewMS != 0) {
		return of(s.SkewMS), "the server's", true
	}
	// Several time servers outvote one that is wrong: the nearest to us counts.
	for _, t := range f.network.TimeSources {
		if d := of(t.SkewMS); t.Answers && (!ok || d.Abs() < skew.Abs()) {
			skew, by, ok = d, clean(t.Address, 60)+"'s", true
		}
	}
	return skew, by, ok
}

func clockSkew(f *facts) *Finding {
	skew, by, ok := f.skew()
	if !ok || skew.Abs() < 2*time.Minute {
		return nil
	}
	way := "fast"
	if skew < 0 {
		way = "slow"
	}
	return &Finding{
		Sentence: "Your clock is " + durationText(skew) + " " + way + ".",
		Detail:   fmt.Sprintf("The endpoint's clock is %+d s from %s.", int64(skew/time.Second), by),
		Evidence: []Evidence{{SectionNetwork, "clock against " + by, fmt.Sprintf("%+d s", int64(skew/time.Second))}},
		Advice:   "Set the clock to be kept automatically. While it is wrong, signing in and secure pages may fail.",
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
		Sentence: "The clock of this machine was " + durationText(furthest) + " ahead and has been set back.",
		Detail:   fmt.Sprintf("%d entries of the log lie in the future, the furthest by %s.", len(ahead), durationText(furthest)),
		Advice:   "Look at the dates of files and appointments from that time. If it happens again, tell the help desk: the clock's battery may be empty.",
	}
	for _, e := range ahead[max(0, len(ahead)-3):] {
		finding.Evidence = append(finding.Evidence, e.evidence())
	}
	return finding
}

func timeSourceSilent(f *facts) *Finding {
	finding := &Finding{
		Sentence: "The clock of this machine is not being kept right: its time servers do not answer.",
		Advice:   "You can go on working. Tell the help desk if it stays like this.",
	}
	for _, t := range f.network.TimeSources {
		if t.Answers {
			return nil
		}
		finding.Evidence = append(finding.Evidence, Evidence{SectionNetwork, "time server " + clean(t.Address, 60), clean(t.Problem, 120)})
	}
	if len(finding.Evidence) == 0 {
		return nil
	}
	finding.Detail = count(len(finding.Evidence), "configured time server asked", "configured time servers asked") + ", none answers."
	return finding
}
