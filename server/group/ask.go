package group

import (
	"slices"
	"strings"

	"github.com/deskbell/deskbell/server/auth"
)

// Asked says of machines whether what was typed into a search box fits them; ok is false
// when it is no condition, but words to be looked for in names.
func (k *Keeper) Asked(text string) (in func(id string) bool, ok bool) {
	if text == "" {
		return nil, false
	}
	c, err := parse(text)
	if err != nil || !c.keyed() {
		return nil, false
	}
	c.rename(k.o.AccessPoint)
	fit := map[string]struct{}{}
	for _, m := range k.gather(nil) {
		if c.fits(&m, k.o.Facts) {
			fit[m.ID] = struct{}{}
		}
	}
	return func(id string) bool { _, fits := fit[id]; return fits }, true
}

// Try says which machines would be in a group, by name, without making it.
func (k *Keeper) Try(actor auth.Actor, g Group) ([]Machine, error) {
	if err := auth.Authorise(actor, auth.EndpointsList, auth.Object{}); err != nil {
		return nil, err
	}
	list := k.gather(nil)
	before, _ := k.Called(g.ID)
	var err error
	if g.Machines, err = named(g.Machines, before.Machines, list); err != nil {
		return nil, err
	}
	c, err := g.read()
	if err != nil {
		return nil, err
	}
	x := k.compile(g, c)
	out := []Machine{}
	for _, m := range list {
		if x.has(&m, k.o.Facts) {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b Machine) int {
		return strings.Compare(strings.ToLower(a.Name)+"\x00"+a.ID, strings.ToLower(b.Name)+"\x00"+b.ID)
	})
	return out, nil
}
