package watch

// Standing lists the alerts that there are, for whoever is told of them. known is false
// until the rules have been asked once since the start: until then it is not known what
// is over.
func (w *Watcher) Standing() (list []Item, known bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if !w.asked {
		return nil, false
	}
	list = make([]Item, 0, len(w.alerts))
	for _, i := range w.alerts {
		list = append(list, *i)
	}
	return list, true
}
