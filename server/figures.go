package server

import "github.com/deskbell/deskbell/server/report"

// more is what the other parts of the desk add to the figures.
func (s *Server) more() report.More { return report.More{} }
