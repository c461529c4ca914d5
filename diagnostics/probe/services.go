package probe

import (
	"context"
	"errors"

	"github.com/deskbell/deskbell/diagnostics"
)

const maxServices = 2000

func (p *Prober) services(ctx context.Context) (*diagnostics.Services, string, error) {
	printing := make(chan []diagnostics.Printer, 1)
	go func() { printing <- printers(ctx) }()
	s, note, err := readServices(ctx, false)
	s.Printers = <-printing
	if u, ok := errors.AsType[unsupported](err); ok && len(s.Printers) > 0 {
		return &s, string(u), nil
	}
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
