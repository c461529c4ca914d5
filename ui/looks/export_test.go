package looks

import "github.com/deskbell/deskbell/ui/model"

// Rows are the rows of the list.
func (l *Looks) Rows() []model.LookRow { return l.shown }
