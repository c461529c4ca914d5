package model

import (
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/internal/tongue"
)

// Bell is how the icon is drawn.
type Bell struct {
	Filled bool // somebody looks at this computer
	Dot    bool // a reply waits to be read
	Slash  bool // not connected
}

// Name is the bell's name among the icons.
func (b Bell) Name() string {
	name := "bell"
	if b.Filled {
		name += "-filled"
	}
	if b.Slash {
		name += "-slash"
	}
	if b.Dot {
		name += "-dot"
	}
	return name
}

// Bells lists every way the icon is drawn.
func Bells() []Bell {
	var all []Bell
	for _, filled := range []bool{false, true} {
		for _, slash := range []bool{false, true} {
			all = append(all, Bell{Filled: filled, Slash: slash}, Bell{Filled: filled, Slash: slash, Dot: true})
		}
	}
	return all
}

// Item names a line of the menu.
type Item string

// The lines of the menu, from top to bottom. They are always all there: a menu
// that is rebuilt closes under the pointer.
const (
	ItemHelp          Item = "help"
	ItemGuide         Item = "guide"
	ItemTickets       Item = "tickets"
	ItemCheckup       Item = "checkup"
	ItemFroze         Item = "froze"
	ItemAnnouncements Item = "announcements"
	ItemLooks         Item = "looks"
	ItemSettings      Item = "settings"
	ItemStatus        Item = "status"
	ItemBrowser       Item = "browser"
	ItemQuit          Item = "quit"
)

// MenuItem is a line of the menu.
type MenuItem struct {
	ID      Item
	Label   string
	Enabled bool
}

// Tray is all that the resident icon shows.
type Tray struct {
	Bell    Bell
	Tooltip string
	Items   []MenuItem
}

// TrayOf returns what the tray shows of a status. now tells the time of day.
func TrayOf(s local.Status, now time.Time) Tray {
	line := trayStatus(s, now)
	return Tray{
		Bell: Bell{
			Filled: len(s.Looking) > 0,
			Dot:    s.Unread > 0,
			Slash:  s.Connection != local.Connected,
		},
		Tooltip: trayTooltip(s, line),
		Items: []MenuItem{
			{ItemHelp, wordsTrayHelp(), true},
			{ItemGuide, WordsGuide(), true},
			{ItemTickets, wordsTrayTickets(s.Unread), true},
			{ItemCheckup, WordsCheckup(), true},
			{ItemFroze, wordsTrayFroze(), s.Connection != local.NoAgent},
			{ItemAnnouncements, wordsTrayAnnouncements(live(s)), true},
			{ItemLooks, WordsLooks(), true},
			{ItemSettings, WordsSettingsMenu(), true},
			{ItemStatus, line, false},
			{ItemBrowser, WordsBrowser(), s.Connection == local.Connected},
			{ItemQuit, WordsQuit(), true},
		},
	}
}

// trayStatus is the one line that says how things stand. Who looks comes first:
// it concerns the person, the rest only the machine.
func trayStatus(s local.Status, now time.Time) string {
	switch {
	case len(s.Looking) == 1:
		return wordsTrayLooking(clip(s.Looking[0].Who, 40))
	case len(s.Looking) > 1:
		return wordsTrayLookingMany(len(s.Looking))
	}
	switch s.Connection {
	case local.Connected:
		if s.Waiting > 0 {
			return wordsTraySending(s.Waiting)
		}
		return wordsTrayConnected(clip(s.Organisation, 40))
	case local.Connecting:
		return wordsTrayConnecting()
	case local.Offline:
		if s.Waiting > 0 {
			return wordsTrayOfflineWaiting(s.Waiting)
		}
		if s.Since.IsZero() {
			return wordsTrayOffline()
		}
		return wordsTrayOfflineSince(clock(s.Since, now))
	case local.Held:
		return wordsTrayHeld()
	case local.NotEnrolled:
		return wordsTrayNotEnrolled()
	}
	return wordsTrayNoAgent()
}

func trayTooltip(s local.Status, line string) string {
	if s.Unread > 0 && len(s.Looking) == 0 {
		return wordsTrayUnread(s.Unread)
	}
	return wordsTrayTooltip(line)
}

// clock names a time of day, and the day when it was not today.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return tongue.Clock(t)
	}
	return tongue.Current().ClockOn(t)
}
