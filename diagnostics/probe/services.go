package probe

import (
	"context"

	"github.com/deskbell/deskbell/diagnostics"
)

const maxServices = 2000

func (p *Prober) services(ctx context.Context) (*diagnostics.Services, string, error) {
	s, note, err := readServices(ctx, false)
	if err != nil {
		return nil, "", err
	}
	return &s, note, nil
}

// Services lists every service in Services.All.
func (p *Prober) Services(ctx context.Context) (diagnostics.Services, error) {
	ctx, cancel := context.WithTimeout(ctx, queryDeadline)
	defer cancel()
	s, _, err := readServices(ctx, true)
	return s, queryFault(err)
}
