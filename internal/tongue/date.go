package tongue

import (
	"strconv"
	"time"
)

var months = [...]string{
	"month.january", "month.february", "month.march", "month.april", "month.may", "month.june",
	"month.july", "month.august", "month.september", "month.october", "month.november", "month.december",
}

var weekdays = [...]string{
	"weekday.sunday", "weekday.monday", "weekday.tuesday", "weekday.wednesday", "weekday.thursday", "weekday.friday", "weekday.saturday",
}

var shortWeekdays = [...]string{
	"weekday.sun", "weekday.mon", "weekday.tue", "weekday.wed", "weekday.thu", "weekday.fri", "weekday.sat",
}

// Clock is the time of day, which our languages write alike.
func Clock(t time.Time) string { return t.Format("15:04") }

// ClockOn is the time of day with the weekday in short.
func (l Language) ClockOn(t time.Time) string {
	return l.Say("date.weekday_clock", Name("weekday", l.Say(shortWeekdays[t.Weekday()])), Name("clock", Clock(t)))
}

// Day is a day of this year.
func (l Language) Day(t time.Time) string { return l.Say("date.day", l.dateArgs(t)...) }

// Date is a day of any year.
func (l Language) Date(t time.Time) string { return l.Say("date.date", l.dateArgs(t)...) }

// Moment is a moment, exactly.
func (l Language) Moment(t time.Time) string { return l.Say("date.moment", l.dateArgs(t)...) }

func (l Language) dateArgs(t time.Time) []Arg {
	return []Arg{
		Name("weekday", l.Say(weekdays[t.Weekday()])),
		Name("day", strconv.Itoa(t.Day())), Name("month", l.Say(months[t.Month()-1])), Name("year", strconv.Itoa(t.Year())),
		Name("clock", t.Format("15:04:05")),
	}
}
