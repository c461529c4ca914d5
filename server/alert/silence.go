package alert

import (
	"fmt"
	"time"
)

// Silence is somebody's word that nobody is to be told of some alerts for a time.
type Silence struct {
	ID    string   `json:"id"`
	Match Matchers `json:"match"`
	Times Times    `json:"times"`
	// Stable ends a silence by itself when nothing that it matches has fired for so
	// long. 0: it does not.
	Stable time.Duration `json:"stable,omitempty"`
	// Quiet is since when nothing that it matches fires; zero: something does.
	Quiet time.Time `json:"quiet,omitzero"`

	Who     string    `json:"who"` // their id
	Name    string    `json:"name"`
	Why     string    `json:"why"`
	MadeAt  time.Time `json:"made_at"`
	EndedAt time.Time `json:"ended_at,omitzero"` // before its time: by hand, or as all was stable
}

// Soon is how long before its end a silence is announced to end.
const Soon = 15 * time.Minute

// On reports whether the silence holds now, and until when it will, as far as that is
// known; zero: it is not.
func (s *Silence) On(now time.Time) (until time.Time, on bool) {
	if s.Over(now) {
		return time.Time{}, false
	}
	t, on := s.Times.At(now)
	return s.ends(t.To), on
}

// ends is when a silence ends that has to end at a time anyway.
func (s *Silence) ends(at time.Time) time.Time {
	if s.Stable > 0 && !s.Quiet.IsZero() {
		if stable := s.Quiet.Add(s.Stable); at.IsZero() || stable.Before(at) {
			return stable
		}
	}
	return at
}

// Over reports whether the silence will never hold again.
func (s *Silence) Over(now time.Time) bool {
	return !s.EndedAt.IsZero() && !now.Before(s.EndedAt) || s.Stable > 0 && !s.Quiet.IsZero() && now.Sub(s.Quiet) >= s.Stable || s.Times.Over(now)
}

// Ends reports whether the silence holds and will end soon, and when.
func (s *Silence) Ends(now time.Time) (time.Time, bool) {
	until, on := s.On(now)
	return until, on && !until.IsZero() && until.Sub(now) <= Soon
}

// Settle is the silence after it was seen whether anything that it matches fires.
// What is unknown fires as it did before: that nothing is heard is no calm.
func (s Silence) Settle(fires bool, now time.Time) Silence {
	_, on := s.Times.At(now)
	switch {
	case s.Stable == 0 || s.Over(now):
	case fires || !on:
		s.Quiet = time.Time{}
	case s.Quiet.IsZero():
		s.Quiet = now
	}
	return s
}

// words say the silence in a sentence.
func (s *Silence) words() string { return fmt.Sprintf("Silenced by %s: %s", s.Name, s.Why) }
