package rulebook

import (
	"github.com/deskbell/deskbell/internal/fault"
	"github.com/deskbell/deskbell/server/ticket"
)

// The kinds of which there is one entry each, with the id OnlyID.
const (
	MatrixKind  Kind = "matrix"
	SettingKind Kind = "setting"
)

// OnlyID is the id of the entry of a kind that has only one.
const OnlyID = "desk"

// Matrix says which priority an impact and an urgency make.
type Matrix struct {
	Entry
	Rows ticket.Matrix `json:"rows" doc:"Rows are impact, columns urgency, both from high to low; each a priority, 1 (first) to 5."`
}

// Kind implements Item.
func (*Matrix) Kind() Kind { return MatrixKind }

// Check implements Item. A higher impact or urgency never comes later.
func (m *Matrix) Check(*Book) error {
	if m.ID != OnlyID {
		return fault.Field("id", "There is one matrix. Its id is “desk”.")
	}
	for i, row := range m.Rows {
		for u, p := range row {
			switch {
			case p < 1 || p > 5:
				return fault.Field("rows", "Each priority is a number from 1 to 5.")
			case i > 0 && m.Rows[i-1][u] > p || u > 0 && row[u-1] > p:
				return fault.Field("rows", "A higher impact or urgency would come later than a lower one. Put the smaller numbers to the top left.")
			}
		}
	}
	return nil
}

// MatrixOf returns the desk's matrix, or the usual one.
func MatrixOf(b *Book) ticket.Matrix {
	if m, ok := Get[*Matrix](b, OnlyID); ok {
		return m.Rows
	}
	return ticket.UsualMatrix()
}

// Setting is what else the desk has decided about itself.
type Setting struct {
	Entry
	ReopenDays   int    `json:"reopen_days" minimum:"0" maximum:"3650" doc:"For so many days the requester can reopen what has ended; afterwards they open a new ticket that is linked to it."`
	CloseDays    int    `json:"close_days" minimum:"0" maximum:"365" doc:"After so many working days a resolved ticket closes by itself; 0: never."`
	Calendar     string `json:"calendar,omitempty" maxLength:"64" doc:"Id of the calendar whose working days those are; left out: Monday to Friday."`
	ImpactMedium int    `json:"impact_medium" minimum:"2" maximum:"1000000" doc:"From so many endpoints with the same finding on, the impact of a new ticket is medium."`
	ImpactHigh   int    `json:"impact_high" minimum:"2" maximum:"1000000" doc:"From so many endpoints with the same finding on, the impact of a new ticket is high."`
	Outside      bool   `json:"reports_outside,omitempty" doc:"Scheduled reports may be sent to addresses that are nobody's of the staff."`
}

// Kind implements Item.
func (*Setting) Kind() Kind { return SettingKind }

// Check implements Item.
func (s *Setting) Check(b *Book) error {
	switch {
	case s.ID != OnlyID:
		return fault.Field("id", "There is one entry of settings. Its id is “desk”.")
	case s.ReopenDays < 0 || s.ReopenDays > 3650:
		return fault.Field("reopen_days", "A ticket can be reopened for 0 to 3650 days.")
	case s.Calendar != "" && !has[*Calendar](b, s.Calendar):
		return fault.Field("calendar", "There is no such calendar. Choose one of the list.")
	case s.CloseDays < 0 || s.CloseDays > 365:
		return fault.Field("close_days", "A resolved ticket closes after 1 to 365 working days, or never with 0.")
	case s.ImpactMedium < 2 || s.ImpactHigh < s.ImpactMedium || s.ImpactHigh > 1000000:
		return fault.Field("impact_high", "Medium impact begins at two endpoints or more, and high impact not before it.")
	}
	return nil
}

// SettingOf returns the desk's settings, or the usual ones.
func SettingOf(b *Book) Setting {
	if s, ok := Get[*Setting](b, OnlyID); ok {
		return *s
	}
	return Setting{Entry: Entry{ID: OnlyID, Name: "Help desk"}, ReopenDays: 14, CloseDays: 5, ImpactMedium: 5, ImpactHigh: 20}
}
