package stock

import (
	"cmp"
	"slices"
	"time"
)

// Diff lists what has changed from one reading to the next, of the kinds that both
// could read: what is read for the first time is no news. Both are clean.
func Diff(before, after []Fact, since, at time.Time) []Change {
	had, has := Known(before), Known(after)
	var out []Change
	say := func(did Did, f Fact, from, to string) {
		if had[f.Kind] && has[f.Kind] {
			out = append(out, Change{At: at, After: since, Kind: f.Kind, Name: f.Name, Did: did, From: from, To: to})
		}
	}
	for len(before) > 0 || len(after) > 0 {
		var order int
		switch {
		case len(before) == 0:
			order = 1
		case len(after) == 0:
			order = -1
		default:
			order = cmp.Or(cmp.Compare(before[0].Kind, after[0].Kind), cmp.Compare(before[0].Name, after[0].Name))
		}
		switch {
		case order < 0:
			say(Removed, before[0], before[0].Value, "")
			before = before[1:]
		case order > 0:
			say(Added, after[0], "", after[0].Value)
			after = after[1:]
		default:
			if before[0].Value != after[0].Value {
				say(Changed, after[0], before[0].Value, after[0].Value)
			}
			before, after = before[1:], after[1:]
		}
	}
	return out
}

// Apply makes of facts what changes, oldest first, have made of them.
func Apply(facts []Fact, changes []Change) []Fact {
	type key struct {
		kind Kind
		name string
	}
	now := make(map[key]string, len(facts))
	for _, f := range facts {
		now[key{f.Kind, f.Name}] = f.Value
	}
	for _, c := range changes {
		k := key{c.Kind, c.Name}
		if c.Did == Removed {
			delete(now, k)
		} else {
			now[k] = c.To
		}
	}
	out := make([]Fact, 0, len(now))
	for k, v := range now {
		out = append(out, Fact{k.kind, k.name, v})
	}
	slices.SortFunc(out, Compare)
	return out
}

// CleanChanges makes what a machine tells plain: of the time before now and after
// the oldest that is kept, one plain line each, few enough. What has not the form, and
// that of which no past is kept, is left out.
func CleanChanges(list []Change, now time.Time) []Change {
	var out []Change
	for _, c := range list[max(0, len(list)-MaxChanges):] {
		c.Kind, c.Name, c.From, c.To = kindLine(c.Kind), Line(c.Name), Line(c.From), Line(c.To)
		if c.Kind == "" || c.Kind == Read || Passing(c.Kind) || c.Name == "" || (c.Did != Added && c.Did != Removed && c.Did != Changed) {
			continue
		}
		if c.At.After(now) { // a clock that is ahead
			c.At = now
		}
		c.At = c.At.UTC().Truncate(time.Second)
		if c.At.Before(now.Add(-KeepFor)) {
			continue
		}
		if c.After = c.After.UTC().Truncate(time.Second); c.After.After(c.At) || c.After.Before(now.Add(-2*KeepFor)) {
			c.After = time.Time{}
		}
		out = append(out, c)
	}
	return out
}
