package watch

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/alert"
	"github.com/deskbell/deskbell/server/auth"
)

// WindowDraft is what somebody asks for.
type WindowDraft struct {
	Title     string
	Sites     []string    // their names
	Groups    []string    // their names
	Endpoints []string    // their ids, or names that one of them alone has
	Checks    []string    // likewise
	Times     alert.Times // a beginning that is not there is now
}

const (
	maxWindowFor = 200 // sites, groups, endpoints and checks of one
	maxListed    = 1000
)

// planned is a window as it was asked for, or what is wrong with it.
func planned(d WindowDraft, actor auth.Actor, facts map[string]Facts, zones func(site string) string, now time.Time) (alert.Window, error) {
	x := alert.Window{
		ID: strings.ToLower(rand.Text()), Title: strings.Join(strings.Fields(d.Title), " "), Times: d.Times,
		Who: actor.Person, Name: actor.Name, MadeAt: now,
	}
	if x.Times.From.Before(now) && x.Times.Listed == nil {
		x.Times.From = now
	}
	var err error
	if x.Sites, err = sitesOf(d.Sites, facts); err != nil {
		return x, err
	}
	if x.Groups, err = groupsIn(d.Groups, facts); err != nil {
		return x, err
	}
	if x.Endpoints, err = endpointsOf(d.Endpoints, facts); err != nil {
		return x, err
	}
	if x.Checks, err = checksOf(d.Checks, facts); err != nil {
		return x, err
	}
	if w := x.Times.Weekly; w != nil && w.Zone == "" {
		if err := placed(&x, facts, zones); err != nil {
			return x, err
		}
	}
	switch {
	case x.Title == "":
		return x, fault.Field("title", "Say what is done, so that others know.")
	case len(x.Title) > maxWhy:
		return x, fault.Field("title", fmt.Sprintf("What is done has %d characters at most.", maxWhy))
	case len(x.Sites)+len(x.Groups)+len(x.Endpoints)+len(x.Checks) == 0:
		return x, fault.Field("sites", "Choose a site, a group or a check, or name an endpoint: a window for everything would hide everything.")
	case len(x.Sites)+len(x.Groups)+len(x.Endpoints)+len(x.Checks) > maxWindowFor:
		return x, fault.Field("endpoints", fmt.Sprintf("A window is for %d sites, groups, endpoints and checks at most. Choose a site, or make a group of the endpoints.", maxWindowFor))
	case x.Times.Listed != nil && x.Times.Weekly != nil:
		return x, fault.Field("weekly", "A window recurs by days of the week or by a calendar, not by both.")
	case x.Times.To.IsZero() && x.Times.Weekly == nil && x.Times.Listed == nil:
		return x, fault.Field("until", "Say when it ends.")
	case !x.Times.To.IsZero() && x.Times.To.Sub(now) > longestHold:
		return x, fault.Field("until", "A window ends within a year.")
	}
	if err := listed(x.Times.Listed); err != nil {
		return x, err
	}
	if err := x.Times.Check(); err != nil {
		words, field := err.Error(), "until"
		if x.Times.Weekly != nil {
			field = "weekly"
		}
		return x, fault.Field(field, strings.ToUpper(words[:1])+words[1:]+".")
	}
	if x.Over(now) {
		field := "until"
		if x.Times.Listed != nil {
			field = "file"
		}
		return x, fault.Field(field, "All of it is past already.")
	}
	return x, nil
}

func listed(list []alert.Stretch) error {
	if len(list) > maxListed {
		return fault.Field("file", fmt.Sprintf("A window has %d times at most.", maxListed))
	}
	for _, s := range list {
		if !s.To.After(s.From) || s.To.Sub(s.From) > 31*24*time.Hour {
			return fault.Field("file", "Each time has an end, after its beginning and within 31 days.")
		}
	}
	return nil
}

// sitesOf are sites that there are, each once.
func sitesOf(names []string, facts map[string]Facts) ([]string, error) {
	known := map[string]bool{}
	for _, f := range facts {
		known[f.Site] = true
	}
	var out []string
	for _, n := range names {
		n = strings.TrimSpace(n)
		if n == "" || slices.Contains(out, n) {
			continue
		}
		if !known[n] {
			return nil, fault.Field("sites", fmt.Sprintf("There is no endpoint at a site “%s”. Write its name as it stands on the wall.", clip(n)))
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return out, nil
}

// groupsIn are groups that there are, each once.
func groupsIn(names []string, facts map[string]Facts) ([]string, error) {
	var out []string
	for _, n := range names {
		n = strings.TrimSpace(n)
		if n == "" || slices.Contains(out, n) {
			continue
		}
		if _, is := facts[GroupSubject(n)]; !is {
			return nil, fault.Field("groups", fmt.Sprintf("There is no group “%s”. Write its name as it stands in the list of groups.", clip(n)))
		}
		out = append(out, n)
	}
	slices.Sort(out)
	return out, nil
}

// endpointsOf are the ids of endpoints that are given by id or by name, each once.
func endpointsOf(given []string, facts map[string]Facts) ([]string, error) {
	byName := map[string][]string{}
	for id, f := range facts {
		if f.Site == "" {
			continue // a job, a service or a group: it stands nowhere
		}
		byName[strings.ToLower(f.Name)] = append(byName[strings.ToLower(f.Name)], id)
	}
	var out []string
	for _, g := range given {
		g = strings.TrimSpace(g)
		id := g
		if _, is := facts[g]; !is {
			switch of := byName[strings.ToLower(g)]; {
			case g == "":
				continue
			case len(of) == 0:
				return nil, fault.Field("endpoints", fmt.Sprintf("There is no endpoint “%s”.", clip(g)))
			case len(of) > 1:
				return nil, fault.Field("endpoints", fmt.Sprintf("%d endpoints are called “%s”. Give the id of the one that is meant: it stands in the address of its page.", len(of), clip(g)))
			default:
				id = of[0]
			}
		}
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out, nil
}

// checksOf are the ids of checks that are given by id or by name, each once.
func checksOf(given []string, facts map[string]Facts) ([]string, error) {
	byName := map[string][]string{}
	for id, f := range facts {
		if f.Check {
			byName[strings.ToLower(f.Name)] = append(byName[strings.ToLower(f.Name)], id)
		}
	}
	var out []string
	for _, g := range given {
		if g = strings.TrimSpace(g); g == "" {
			continue
		}
		id := g
		if !facts[g].Check {
			of := byName[strings.ToLower(g)]
			switch len(of) {
			case 0:
				return nil, fault.Field("checks", fmt.Sprintf("There is no check “%s”, or it is paused.", clip(g)))
			case 1:
				id = of[0]
			default:
				return nil, fault.Field("checks", fmt.Sprintf("%d checks are called “%s”. Give the id of the one that is meant: it stands in the address of its page.", len(of), clip(g)))
			}
		}
		out = append(out, id)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func clip(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

// placed has a window recur by the clocks of where its machines stand.
func placed(x *alert.Window, facts map[string]Facts, zones func(site string) string) error {
	sites := slices.Clone(x.Sites)
	for _, id := range x.Endpoints {
		sites = append(sites, facts[id].Site)
	}
	if len(sites) == 0 {
		sites = []string{""} // of groups: by the desk's
	}
	weekly := *x.Times.Weekly
	for _, s := range sites {
		z := zones(s)
		if weekly.Zone != "" && weekly.Zone != z {
			return fault.Field("zone", "These sites live by different clocks: "+weekly.Zone+" and "+z+". Say by which, or plan a window for each.")
		}
		weekly.Zone = z
	}
	x.Times.Weekly = &weekly
	return nil
}
