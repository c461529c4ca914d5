package metrics

// sited are the sites of the endpoints in newest, by their numbers there. It does not
// change once it is made.
type sited struct {
	facts []Facts // of which it was made
	names []string
	site  []int32 // in names; -1: nothing is known of the endpoint
}

// sites returns each endpoint's site, made anew when there are others, or other facts.
// The caller holds newest's lock.
func (e *Engine) sites() *sited {
	facts, ids := e.facts(), e.store.newest.ids
	e.siting.Lock()
	defer e.siting.Unlock()
	if s := e.sited; s != nil && len(s.site) == len(ids) && len(s.facts) == len(facts) && (len(facts) == 0 || &s.facts[0] == &facts[0]) {
		return s
	}
	s := &sited{facts: facts, site: make([]int32, len(ids))}
	of, number := make(map[string]string, len(facts)), map[string]int32{}
	for _, f := range facts {
		of[f.Endpoint] = f.Site
	}
	for i, id := range ids {
		name, known := of[id]
		if !known {
			s.site[i] = -1
			continue
		}
		g, ok := number[name]
		if !ok {
			g = int32(len(s.names))
			number[name], s.names = g, append(s.names, name)
		}
		s.site[i] = g
	}
	e.sited = s
	return s
}
