package server

import (
	"context"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/deskbell/deskbell/server/siem"
)

// newSIEM makes what tells a SIEM of the audit log. The server is called there as it is
// called by its machine.
func (s *Server) newSIEM(ctx context.Context) (*siem.Teller, error) {
	host, err := os.Hostname()
	if err != nil {
		host = "-"
	}
	return siem.New(ctx, siem.Options{
		To: s.o.SIEM, CA: s.o.SIEMCA, Token: s.o.SIEMToken, Host: host, Agent: s.o.Version, Store: s.db, Log: s.log,
		Stats: prometheus.WrapRegistererWithPrefix("deskbell_", s.stats),
	})
}
