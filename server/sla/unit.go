package sla

import "time"

// Unit says what an amount of a target counts. There is no plain “day”: three
// different things are meant by it, and each has its own name here.
type Unit string

// The units.
const (
	OpenMinutes Unit = "open_minutes" // minutes in which the calendar is open
	OpenHours   Unit = "open_hours"   // 24 of them are three days of eight hours
	WorkingDays Unit = "working_days" // days that have open hours, however many
	Minutes     Unit = "minutes"      // around the clock
	Hours24     Unit = "hours"        // around the clock
	Days24      Unit = "days"         // 24 hours each, around the clock
)

// Units lists the units.
func Units() []Unit {
	return []Unit{OpenMinutes, OpenHours, WorkingDays, Minutes, Hours24, Days24}
}

// measure is what a unit is counted in.
type measure int

const (
	allTime     measure = iota // every millisecond
	openTime                   // open milliseconds
	workingTime                // open days, in which one is as many as a day's milliseconds
)

func (u Unit) measure() measure {
	switch u {
	case OpenMinutes, OpenHours:
		return openTime
	case WorkingDays:
		return workingTime
	}
	return allTime
}

// size is how much of its measure one of the unit is.
func (u Unit) size() int64 {
	switch u {
	case OpenMinutes, Minutes:
		return time.Minute.Milliseconds()
	case OpenHours, Hours24:
		return time.Hour.Milliseconds()
	case WorkingDays, Days24:
		return day
	}
	return 0
}

// Target is how much may pass. The zero Target is none.
type Target struct {
	Amount int  `json:"amount"`
	Unit   Unit `json:"unit" enum:",open_minutes,open_hours,working_days,minutes,hours,days" doc:"What the amount counts: open time of the calendar, working days of it, or time around the clock."`
}

// Set reports whether there is a target.
func (t Target) Set() bool { return t.Amount > 0 }

// total is the target in its measure.
func (t Target) total() int64 { return int64(t.Amount) * t.Unit.size() }
