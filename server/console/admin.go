package console

import (
	"net/http"

	"github.com/deskbell/deskbell/server/auth"
)

// adminPlace is one page of the administration.
type adminPlace struct {
	Path, Icon, Word string
	Needs            auth.Operation
}

func adminPlaces() []adminPlace {
	return []adminPlace{
		{"/admin/people", "users", "People", auth.PeopleList},
		{"/admin/enrolments", "plug", "Enrolments", auth.Enrolments},
		{"/admin/sites", "map-pin", "Sites", auth.EndpointsList},
		{"/admin/desk", "life-buoy", "Help desk", auth.RulebookRead},
		{"/admin/replies", "reply", "Replies", auth.RulebookRead},
		{"/admin/scripts", "terminal", "Scripts", auth.ScriptsRead},
		{"/admin/service-levels", "clock", "Service levels", auth.RulebookRead},
		{"/admin/rules", "route", "Triage rules", auth.RulebookManage},
		{"/admin/teams", "users", "Teams", auth.RulebookRead},
		{seriesPath, "gauge", "Time series", auth.NOCRead},
		{"/admin/tokens", "key-round", "Tokens", auth.TokensAll},
		{"/admin/audit", "scroll-text", "Audit log", auth.AuditRead},
	}
}

// adminPage leads to the first page of the administration.
func (c *Console) adminPage(w http.ResponseWriter, r *http.Request, _ auth.Actor) error {
	http.Redirect(w, r, "/admin/people", http.StatusSeeOther)
	return nil
}

// adminFrame starts a page of the administration.
func (c *Console) adminFrame(r *http.Request, actor auth.Actor, title string) (frame, error) {
	return c.frame(r, actor, atAdmin, title, "")
}
