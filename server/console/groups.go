package console

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
	"github.com/deskbell/deskbell/server/console/kit"
	"github.com/deskbell/deskbell/server/gate"
	"github.com/deskbell/deskbell/server/group"
	"github.com/deskbell/deskbell/server/noc"
)

// Groups are groups of endpoints.
type Groups interface {
	List(actor auth.Actor) ([]group.Standing, error)
	Get(actor auth.Actor, id string) (group.Standing, error)
	Save(ctx context.Context, actor auth.Actor, g group.Group) (group.Standing, error)
	Delete(ctx context.Context, actor auth.Actor, id string) error
	Try(actor auth.Actor, g group.Group) ([]group.Machine, error)
	// Named says what knows a group by a name, and what of it follows to another.
	Named(actor auth.Actor, from, to string) (group.Known, error)
	In(name string) (in func(id string) bool, ok bool)
	// Asked says of endpoints whether a condition that was typed fits them.
	Asked(text string) (in func(id string) bool, ok bool)
	Of(endpoint string) []string
}

const (
	groupsPath   = "/noc/groups"
	newGroupPath = "/noc/new-group"
)

// groupTile is a group as the wall and its own pages show it.
type groupTile struct {
	group.Group
	Tile noc.Tile
}

// groupTiles are all groups with how they do, by name.
func (c *Console) groupTiles(actor auth.Actor) ([]groupTile, error) {
	list, err := c.Groups.List(actor)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	tiles, err := c.Fleet.Groups(actor, c.Groups.Of)
	if err != nil {
		return nil, err
	}
	out := make([]groupTile, 0, len(list))
	for _, g := range list {
		t, ok := tiles[g.Name]
		if !ok {
			t.Score = -1
		}
		out = append(out, groupTile{g.Group, t})
	}
	return out, nil
}

// groupMembers is the path of the list of a group's machines.
func groupMembers(name string) string { return "/endpoints?group=" + url.QueryEscape(name) }

type groupsView struct {
	Frame frame
	List  []groupTile
	May   bool
}

func (c *Console) groupsPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v := groupsView{May: auth.May(actor, auth.GroupsManage)}
	var err error
	if v.List, err = c.groupTiles(actor); err != nil {
		return err
	}
	if v.Frame, err = c.frame(r, actor, atNOC, "Groups", ""); err != nil {
		return err
	}
	return c.out.Show(w, r, http.StatusOK, groupsWhole(v))
}

type groupView struct {
	Frame frame
	Group groupTile
	Typed groupTyped
	Form  kit.Form
	May   bool
	Tried []group.Machine // whom it would have
	Trial bool
	Known group.Known // by its name
	Was   string      // the name that it had until now
	Left  []string    // what goes by that still
}

// groupTyped is a group as it stands in the form.
type groupTyped struct {
	Name, Note, Condition, Machines string
	Version                         int
}

func (c *Console) newGroupPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	return c.showGroup(w, r, actor, http.StatusOK, groupView{})
}

func (c *Console) groupPage(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	v, err := c.groupOf(r, actor)
	if err != nil {
		return err
	}
	g := v.Group.Group
	v.Typed = groupTyped{Name: g.Name, Note: g.Note, Condition: g.Condition, Version: g.Version, Machines: c.machineNames(actor, g.Machines)}
	if was := r.URL.Query().Get("was"); was != "" && was != g.Name && auth.May(actor, auth.GroupsManage) {
		known, err := c.Groups.Named(actor, was, g.Name)
		if err != nil {
			return err
		}
		v.Was, v.Left = was, known.Stays
	}
	return c.showGroup(w, r, actor, http.StatusOK, v)
}

func (c *Console) groupOf(r *http.Request, actor auth.Actor) (v groupView, err error) {
	s, err := c.Groups.Get(actor, r.PathValue("id"))
	if err != nil {
		return v, err
	}
	list, err := c.groupTiles(actor)
	for _, g := range list {
		if g.ID == s.ID {
			v.Group = g
		}
	}
	return v, err
}

// machineNames writes machines as they are typed: by name where that names one alone, else
// by id.
func (c *Console) machineNames(actor auth.Actor, ids []string) string {
	all, err := c.Groups.Try(actor, group.Group{Condition: "endpoint:*"})
	if err != nil {
		return strings.Join(ids, "\n")
	}
	names, many := map[string]string{}, map[string]int{}
	for _, m := range all {
		names[m.ID] = m.Name
		many[strings.ToLower(m.Name)]++
	}
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if n := names[id]; n != "" && many[strings.ToLower(n)] == 1 && !strings.ContainsAny(n, "\n,;") {
			id = n
		}
		out = append(out, id)
	}
	return strings.Join(out, "\n")
}

func (c *Console) showGroup(w http.ResponseWriter, r *http.Request, actor auth.Actor, status int, v groupView) error {
	v.May = auth.May(actor, auth.GroupsManage)
	title := "New group"
	if v.Group.ID != "" {
		title = v.Group.Name
	}
	var err error
	if v.May && v.Group.ID != "" {
		to := v.Typed.Name
		if to == v.Group.Name {
			to = ""
		}
		if v.Known, err = c.Groups.Named(actor, v.Group.Name, to); err != nil {
			return err
		}
	}
	if v.Frame, err = c.frame(r, actor, atNOC, title, ""); err != nil {
		return err
	}
	return c.out.Show(w, r, status, groupWhole(v))
}

// saveGroup saves, tries or removes, by the button that was pressed. What somebody has
// written comes back when it is refused.
func (c *Console) saveGroup(w http.ResponseWriter, r *http.Request, actor auth.Actor) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(err, fault.Invalid, "The form did not arrive whole. Send it again.")
	}
	id, get := r.PathValue("id"), r.PostFormValue
	if get("do") == "delete" && id != "" {
		if err := c.Groups.Delete(r.Context(), actor, id); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		http.Redirect(w, r, groupsPath, http.StatusSeeOther)
		return nil
	}
	v := groupView{}
	var err error
	if id != "" {
		if v, err = c.groupOf(r, actor); err != nil {
			return err
		}
	}
	v.Typed = groupTyped{Name: get("name"), Note: get("note"), Condition: get("condition"), Machines: get("machines"), Version: small(r, "version")}
	g := group.Group{
		ID: id, Version: v.Typed.Version, Name: v.Typed.Name, Note: v.Typed.Note, Condition: v.Typed.Condition,
		Machines: strings.FieldsFunc(v.Typed.Machines, func(r rune) bool { return r == '\n' || r == ',' || r == ';' }),
	}
	if get("do") == "try" {
		v.Tried, err = c.Groups.Try(actor, g)
		v.Trial = err == nil
	} else {
		var saved group.Standing
		if saved, err = c.Groups.Save(r.Context(), actor, g); err == nil {
			to := groupsPath + "/" + saved.ID
			if id != "" && saved.Name != v.Group.Name {
				to += "?was=" + url.QueryEscape(v.Group.Name)
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
			return nil
		}
	}
	switch fault.CodeOf(err) {
	case "":
		return c.showGroup(w, r, actor, http.StatusOK, v)
	case fault.Invalid, fault.Stale, fault.Full:
		v.Form = v.Form.Refused(err)
		return c.showGroup(w, r, actor, gate.Status(err), v)
	}
	return err
}

// groupIs says who is in a group, in short.
func groupIs(g group.Group) string {
	words := g.Condition
	if n := len(g.Machines); n > 0 {
		if words != "" {
			words += " and "
		}
		words += kit.Plural(n, "1 named machine", "%d named machines")
	}
	return words
}

// knownMost is how many things that know a group by its name are listed.
const knownMost = 30

// stayWords say how much goes by a name still.
func stayWords(n int) string {
	return kit.Plural(n, "1 thing is not renamed with it, since only who wrote it knows what was meant:", "%d things are not renamed with it, since only who wrote them knows what was meant:")
}

// renamedTone is of the word on what goes by an old name still.
func renamedTone(left []string) string {
	if len(left) > 0 {
		return "warning"
	}
	return "healthy"
}

// triedMost is how many machines a trial lists.
const triedMost = 50

// wouldBeIn counts what a trial found.
func wouldBeIn(list []group.Machine) string {
	sites := map[string]int{}
	for _, m := range list {
		sites[m.Site]++
	}
	switch {
	case len(list) == 0:
		return "No machine would be in it."
	case len(sites) == 1:
		return kit.Plural(len(list), "1 machine would be in it.", "%d machines would be in it, at one site.")
	}
	return kit.Count(len(list)) + " machines would be in it, at " + strconv.Itoa(len(sites)) + " sites."
}
