package availability

import "context"

// RenameGroup has what is known of a group of endpoints go on under another name. write
// stores that, with whatever else is renamed.
func (k *Keeper) RenameGroup(_ context.Context, from, to string, write func(docs map[string][]byte) error, then func()) error {
	k.saving.Lock() // nothing is looked at or written meanwhile, which would be under the old name
	defer k.saving.Unlock()
	if err := write(nil); err != nil {
		return err
	}
	then()
	k.mu.Lock()
	defer k.mu.Unlock()
	was, is := subject{Group, from}, subject{Group, to}
	for _, hour := range k.hours {
		if h := hour[was]; h != nil {
			h.name, h.dirty = to, true
			hour[is] = h
			delete(hour, was)
		}
	}
	if first, ok := k.first[was]; ok {
		if other, ok := k.first[is]; !ok || first.Before(other) {
			k.first[is] = first
		}
		delete(k.first, was)
	}
	if _, ok := k.here[was]; ok {
		k.here[is] = to
		delete(k.here, was)
	}
	return nil
}
