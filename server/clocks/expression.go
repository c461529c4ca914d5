package clocks

import (
	"context"

	"github.com/deskbell/deskbell/server/sla"
	"github.com/deskbell/deskbell/server/triage"
)

// Expression compiles a policy's condition in the language of the triage rules. It
// knows what a ticket is, and not what was said in it: a policy must not change
// with each message. One that does not end holds for no ticket. above returns a category
// with those above it.
func Expression(source string, above func(category string) []string) (func(sla.Facts) bool, error) {
	c, err := triage.Compile(source)
	if err != nil {
		return nil, err
	}
	return func(f sla.Facts) bool {
		ok, err := c.Fits(context.Background(), &triage.Facts{
			Kind: string(f.Kind), Category: f.Category, Team: f.Team, VIP: f.VIP, Tags: f.Tags, Fields: f.Fields, Priority: int(f.Priority), Major: f.Major, Above: above,
		})
		return ok && err == nil
	}, nil
}
