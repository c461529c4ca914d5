package probe

import (
	"sync"
	"time"
)

// breaker remembers the mounts that did not answer. One is asked again after a
// minute, then after two, up to half an hour: each question to a dead mount costs
// a process that may never end. The zero value is ready.
type breaker struct {
	mu   sync.Mutex
	dead map[string]silence
}

type silence struct {
	since, until time.Time
	times        int
}

const (
	firstPause = time.Minute
	maxPause   = 30 * time.Minute
)

// resting lists the mounts that are not to be asked now.
func (b *breaker) resting(now time.Time) []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var keys []string
	for key, s := range b.dead {
		if now.Before(s.until) {
			keys = append(keys, key)
		}
	}
	return keys
}

// silent notes that a mount was asked and did not answer.
func (b *breaker) silent(key string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.dead == nil {
		b.dead = map[string]silence{}
	}
	s := b.dead[key]
	if s.times == 0 {
		s.since = now
	}
	s.until = now.Add(min(firstPause<<min(s.times, 10), maxPause))
	s.times++
	b.dead[key] = s
}

// answered notes that a mount answers.
func (b *breaker) answered(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.dead, key)
}

// keep forgets every mount that is not in the list: it is mounted no more.
func (b *breaker) keep(listed map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key := range b.dead {
		if !listed[key] {
			delete(b.dead, key)
		}
	}
}
