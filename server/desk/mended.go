package desk

import (
	"context"
	"strings"

	"github.com/deskbell/deskbell/internal/fault"
)

// Mended is an employee's word on a fix that they started on their own machine: the
// last one on it. Whose word it was is not kept.
type Mended struct {
	Recipe  string
	Finding string
	Outcome string // what the machine found afterwards; FindingGone is the only one that counts
	Works   bool   // what the employee says
}

// FindingGone is the outcome of a fix after which what had been found was gone.
const FindingGone = "helped"

// Spared reports whether a ticket was spared: what was found is gone, and the
// employee agrees.
func (m Mended) Spared() bool { return m.Outcome == FindingGone && m.Works }

func (m Mended) check() error {
	for field, s := range map[string]string{"recipe": m.Recipe, "finding": m.Finding, "outcome": m.Outcome} {
		if s == "" || len(s) > 64 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" {
			return fault.Field(field, "The "+field+" of a fix is a name of at most 64 small letters, figures, dots and lines.")
		}
	}
	return nil
}

// Mended takes in what an employee says of a fix. The message's id is the fix's, so
// that a fix counts once.
func (d *Desk) Mended(ctx context.Context, m Message, f Mended) error {
	if err := f.check(); err != nil {
		return err
	}
	_, err := d.oneEffect(ctx, m, func(tx Tx) (Outcome, error) {
		return Outcome{}, tx.AddMended(m.Endpoint, m.ID, f, d.now())
	})
	return err
}
