package synthetic

import "time"

// Failing is a service that does not answer this server now, of which it is known what
// tickets about it are filed under.
type Failing struct {
	Name, About string
	Since       time.Time // the first of the failures in a row
	Fails       int       // in a row
}

// Failing lists those. What failed while this server itself was cut off is not among them.
func (k *Keeper) Failing() (out []Failing) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, l := range k.looks {
		if p := l.lives[Server]; l.c.About != "" && !l.c.Paused && p != nil && p.Heard && p.Fails > 0 {
			out = append(out, Failing{Name: l.c.Name, About: l.c.About, Since: p.First, Fails: p.Fails})
		}
	}
	return out
}
