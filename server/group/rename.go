package group

import (
	"context"
	"slices"

	"github.com/deskbell/deskbell/server/audit"
	"github.com/deskbell/deskbell/server/auth"
)

// Kind is what a Follower keeps.
type Kind string

// The kinds.
const (
	Holds    Kind = "holds" // silences and maintenance windows
	Channels Kind = "channels"
	Policies Kind = "policies" // who is told when nobody answers
	Mailings Kind = "mailings"
	Hours    Kind = "hours" // of availability, which are stored by the name
)

// Follower keeps what knows groups by their names.
type Follower struct {
	Of Kind
	// Named says in words what knows a group by its name: what goes along to another, and
	// what stays behind, as nobody but who wrote it knows what was meant.
	Named func(from, to string) (follows, stays []string)
	// Rename holds what it keeps still, has it stored with the other name, by its id, and
	// then lets it count. then is called in the same moment.
	Rename func(ctx context.Context, from, to string, write func(docs map[string][]byte) error, then func()) error
}

// Doc is something that knows a group by its name, as it is stored with another one.
type Doc struct {
	Of  Kind
	ID  string
	Doc []byte
}

// rename stores a group that had another name, with all that follows it there, and lets it
// count. Each that follows is held until all of it is stored: what it did meanwhile would
// be under the old name.
func (k *Keeper) rename(ctx context.Context, from string, x *compiled, e audit.Entry) error {
	var docs []Doc
	count := func() { k.put(x, from) }
	var hold func(rest []Follower) error
	hold = func(rest []Follower) error {
		if len(rest) == 0 {
			return k.o.Store.RenameGroup(ctx, x.Group, from, docs, append([]audit.Entry{e}, followed(e, docs)...))
		}
		then := func() {}
		if len(rest) == 1 {
			then = count // the last of them and the group in the same moment
		}
		return rest[0].Rename(ctx, from, x.Name, func(of map[string][]byte) error {
			for id, doc := range of {
				docs = append(docs, Doc{rest[0].Of, id, doc})
			}
			return hold(rest[1:])
		}, then)
	}
	err := hold(k.o.Followers)
	if err == nil && len(k.o.Followers) == 0 {
		count()
	}
	return err
}

// followed are the entries of the audit log of what is changed by the rename of a group, for
// who looks at its own history.
func followed(of audit.Entry, docs []Doc) (out []audit.Entry) {
	what := map[Kind]struct {
		action audit.Action
		object string
	}{
		Channels: {audit.ChannelChanged, "channel:"},
		Policies: {audit.PolicyChanged, "escalation:"},
		Mailings: {audit.MailingChanged, "report:"},
	}
	for _, d := range docs {
		if w, is := what[d.Of]; is {
			e := of
			e.Action, e.Object = w.action, w.object+d.ID
			e.Detail = map[string]any{"group": of.Detail["name"], "group_was": of.Detail["was"]}
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b audit.Entry) int { return byFold(a.Object, b.Object) })
	return out
}

// Known is what knows a group by its name, each in words.
type Known struct {
	Follows []string // it goes along to another name
	Stays   []string // it does not: somebody has to look at it
}

// nobodys is a name that no group can have.
const nobodys = "\x00"

// Named says what knows a group by a name, which it has or had, and what of it does when the
// group gets another; to is empty while nobody knows which.
func (k *Keeper) Named(actor auth.Actor, from, to string) (Known, error) {
	if err := auth.Authorise(actor, auth.GroupsManage, auth.Object{}); err != nil {
		return Known{}, err
	}
	if to == "" {
		to = nobodys
	}
	var out Known
	for _, f := range k.o.Followers {
		if f.Named == nil {
			continue
		}
		follows, stays := f.Named(from, to)
		out.Follows, out.Stays = append(out.Follows, follows...), append(out.Stays, stays...)
	}
	slices.SortFunc(out.Follows, byFold)
	slices.SortFunc(out.Stays, byFold)
	return out, nil
}
