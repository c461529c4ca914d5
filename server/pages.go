package server

import (
	"time"

	"github.com/deskbell/deskbell/server/console"
	"github.com/deskbell/deskbell/server/console/portal"
	"github.com/deskbell/deskbell/server/console/static"
	"github.com/deskbell/deskbell/server/markdown"
	"github.com/deskbell/deskbell/server/scripts"
)

// pages registers what browsers see.
func (s *Server) pages() error {
	files, err := static.New()
	if err != nil {
		return err
	}
	text := markdown.New(renderedText)
	console.New(console.Deps{
		Desk: s.desk, Fleet: s.fleet, Peers: s.peers, Alerts: s.watch, Channels: s.notify, Groups: s.groups, Heartbeats: s.beats, Checks: s.checks, Devices: s.devices, OnCall: s.oncall, Asks: s.asks, Surveys: s.surveys, Announcements: s.announcements, Incidents: s.incidents, Scripts: scripts.New(s.db.Scripts(), s.asks, time.Now), Auth: s.auth, Registry: s.registry, Series: s.series, Audit: s.db, Feed: s.db, Stream: s.events,
		People: s.people, Talk: s.talk, Articles: s.kb, Rulebook: s.rulebook.Book, Rules: s.rulebook, Triage: s.triage, Organisation: s.o.Organisation, PortalURL: s.URL,
		Reports: s.reports, Availability: s.availability, Mailings: s.mailings,
		Clocks:   s.clocks,
		Find:     s.find,
		Staffing: s.desk, Notices: s.notices, Presence: s.presence, Keeping: s.rulebook,
		SignInURL: s.signInURL, Enrolment: s.enrolmentString, Files: files, Text: text, Now: time.Now, Log: s.log,
	}).Routes(s.gate)
	portal.New(portal.Deps{
		Desk: s.desk, Articles: s.kb, Announcements: s.announcements, Outages: s.incidents, Asks: s.asks, Auth: s.auth, Feed: s.db, Stream: s.events, Files: files, Text: text, Now: time.Now, Log: s.log, Organisation: s.o.Organisation,
	}).Routes(s.gate)
	return nil
}

// renderedText is how many bytes of rendered conversations are remembered.
const renderedText = 16 << 20

// signInURL is where a sign-in link's secret is entered.
func (s *Server) signInURL(secret string) string { return s.at.browser + "/sign-in/link#" + secret }
