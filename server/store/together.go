package store

import "sync"

// together does at once what many ask for at the same time: while one asking is under
// way, those who come meanwhile are gathered, and are served by the next. Who asks alone
// does not wait.
type together struct {
	do func(ids []string)

	mu   sync.Mutex
	busy bool
	next *gathered
}

type gathered struct {
	ids  []string
	done chan struct{}
}

// ask returns when do has been called with the ids, in a call that began after ask.
func (t *together) ask(ids []string) {
	t.mu.Lock()
	if t.next == nil {
		t.next = &gathered{done: make(chan struct{})}
	}
	mine := t.next
	mine.ids = append(mine.ids, ids...)
	if !t.busy {
		t.busy = true
		go t.serve()
	}
	t.mu.Unlock()
	<-mine.done
}

func (t *together) serve() {
	for {
		t.mu.Lock()
		now := t.next
		t.next = nil
		t.busy = now != nil
		t.mu.Unlock()
		if now == nil {
			return
		}
		t.do(now.ids)
		close(now.done)
	}
}
