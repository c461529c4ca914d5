package survey

import (
	"cmp"
	"context"
	"slices"

	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/auth"
)

// Result is a survey with what has come so far.
type Result struct {
	Survey
	Tally  Tally
	Groups []Group // of answers, the most frequent first
	Others []Group // why machines gave none
}

// Tally counts machines by standing.
type Tally struct {
	Answered, Failed, Silent, Asked, Busy, Waiting int
}

// Group counts equal answers.
type Group struct {
	Answer string
	Count  int
	Rest   bool // all answers that are too rare to be named
}

// Get returns a survey and its answers by group.
func (k *Keeper) Get(ctx context.Context, actor auth.Actor, id string) (Result, error) {
	s, replies, err := k.read(ctx, actor, id)
	if err != nil {
		return Result{}, err
	}
	r := Result{Survey: s}
	answers, others := map[string]int{}, map[string]int{}
	for _, one := range replies {
		switch one.Standing {
		case Answered:
			r.Tally.Answered++
			answers[one.Group]++
		case Failed:
			r.Tally.Failed++
			others[one.Sentence]++
		case Silent:
			r.Tally.Silent++
		case Asked:
			r.Tally.Asked++
		case Busy:
			r.Tally.Busy++
		default:
			r.Tally.Waiting++
		}
	}
	r.Groups, r.Others = grouped(answers), grouped(others)
	r.Answered, r.Failed = r.Tally.Answered, r.Tally.Failed
	return r, nil
}

func grouped(counts map[string]int) []Group {
	list := make([]Group, 0, len(counts))
	for answer, n := range counts {
		list = append(list, Group{Answer: answer, Count: n})
	}
	slices.SortFunc(list, func(a, b Group) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Answer, b.Answer)) })
	if len(list) <= maxGroups {
		return list
	}
	rest := Group{Rest: true}
	for _, g := range list[maxGroups:] {
		rest.Count += g.Count
	}
	return append(list[:maxGroups], rest)
}

// read returns a survey and a copy of its machines, from memory while it is open.
func (k *Keeper) read(ctx context.Context, actor auth.Actor, id string) (Survey, []Reply, error) {
	if err := auth.Authorise(actor, auth.FleetAsk, auth.Object{}); err != nil {
		return Survey{}, nil, err
	}
	k.mu.Lock()
	if o := k.open[id]; o != nil {
		defer k.mu.Unlock()
		return o.s, slices.Clone(o.replies), nil
	}
	k.mu.Unlock()
	s, err := k.store.Survey(ctx, id)
	if err != nil {
		return s, nil, err
	}
	replies, err := k.store.Replies(ctx, id)
	return s, replies, err
}

// Query selects machines of a survey.
type Query struct {
	Answer   string   // only those with this answer, or of the failed with this sentence
	Standing Standing // only those
	After    int      // the Seq of the last one of the page before; -1 or less: from the beginning
	Limit    int      // 0: all
}

// Replies returns machines of a survey by site and name, and whether there are more.
func (k *Keeper) Replies(ctx context.Context, actor auth.Actor, id string, q Query) ([]Reply, bool, error) {
	if q.Limit < 0 || q.Limit > 1000 {
		return nil, false, fault.Field("limit", "A page holds 1 to 1000 machines.")
	}
	_, replies, err := k.read(ctx, actor, id)
	if err != nil {
		return nil, false, err
	}
	var out []Reply
	for _, r := range replies {
		said := r.Group
		if r.Standing == Failed {
			said = r.Sentence
		}
		if r.Seq <= q.After || (q.Answer != "" && said != q.Answer) || (q.Standing != "" && r.Standing != q.Standing) {
			continue
		}
		if q.Limit > 0 && len(out) == q.Limit {
			return out, true, nil
		}
		out = append(out, r)
	}
	return out, false, nil
}

// List returns surveys, the newest first.
func (k *Keeper) List(ctx context.Context, actor auth.Actor, before string, limit int) ([]Survey, error) {
	if err := auth.Authorise(actor, auth.FleetAsk, auth.Object{}); err != nil {
		return nil, err
	}
	if limit < 1 || limit > maxListed {
		return nil, fault.Field("limit", "A page holds 1 to 200 questions.")
	}
	list, err := k.store.Surveys(ctx, before, limit)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for i := range list {
		o := k.open[list[i].ID]
		if o == nil {
			continue
		}
		list[i] = o.s
		for _, r := range o.replies {
			switch r.Standing {
			case Answered:
				list[i].Answered++
			case Failed:
				list[i].Failed++
			}
		}
	}
	return list, nil
}
