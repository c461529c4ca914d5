package model_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/deskbell/deskbell/agent/local"
	"github.com/deskbell/deskbell/ui/model"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func line(v model.Tray, id model.Item) model.MenuItem {
	for _, m := range v.Items {
		if m.ID == id {
			return m
		}
	}
	return model.MenuItem{}
}

func TestTray(t *testing.T) {
	look := local.Look{Who: "Alex Kim"}
	for name, c := range map[string]struct {
		status  local.Status
		bell    string
		line    string
		tickets string
		tip     string
		browser bool
	}{
		"well":         {local.Status{Connection: local.Connected, Organisation: "Acme"}, "bell", "Connected to Acme", "My tickets", "Deskbell. Connected to Acme", true},
		"no name":      {local.Status{Connection: local.Connected}, "bell", "Connected", "My tickets", "Deskbell. Connected", true},
		"one new":      {local.Status{Connection: local.Connected, Unread: 1}, "bell-dot", "Connected", "My tickets (1 new)", "Deskbell: 1 new answer", true},
		"more new":     {local.Status{Connection: local.Connected, Unread: 3}, "bell-dot", "Connected", "My tickets (3 new)", "Deskbell: 3 new answers", true},
		"looked at":    {local.Status{Connection: local.Connected, Looking: []local.Look{look}, Unread: 1}, "bell-filled-dot", "Alex Kim is looking at this computer", "My tickets (1 new)", "Deskbell. Alex Kim is looking at this computer", true},
		"by two":       {local.Status{Connection: local.Connected, Looking: []local.Look{look, look}}, "bell-filled", "2 people are looking at this computer", "My tickets", "Deskbell. 2 people are looking at this computer", true},
		"offline":      {local.Status{Connection: local.Offline, Since: noon.Add(-90 * time.Minute)}, "bell-slash", "Offline since 10:30", "My tickets", "Deskbell. Offline since 10:30", false},
		"since friday": {local.Status{Connection: local.Offline, Since: noon.Add(-25 * time.Hour)}, "bell-slash", "Offline since Fri 11:00", "My tickets", "Deskbell. Offline since Fri 11:00", false},
		"waiting":      {local.Status{Connection: local.Offline, Waiting: 2}, "bell-slash", "Offline, 2 messages are saved", "My tickets", "Deskbell. Offline, 2 messages are saved", false},
		"sending":      {local.Status{Connection: local.Connected, Waiting: 1}, "bell", "Sending 1 message", "My tickets", "Deskbell. Sending 1 message", true},
		"connecting":   {local.Status{Connection: local.Connecting}, "bell-slash", "Connecting", "My tickets", "Deskbell. Connecting", false},
		"held":         {local.Status{Connection: local.Held}, "bell-slash", "Paused by your administrator", "My tickets", "Deskbell. Paused by your administrator", false},
		"no identity":  {local.Status{Connection: local.NotEnrolled}, "bell-slash", "Not connected to a help desk yet", "My tickets", "Deskbell. Not connected to a help desk yet", false},
		"no agent":     {model.Away(), "bell-slash", "The Deskbell service does not answer", "My tickets", "Deskbell. The Deskbell service does not answer", false},
		"hostile":      {local.Status{Connection: local.Connected, Organisation: "A\n\x1b[31mb\u202e" + strings.Repeat("x", 99)}, "bell", "Connected to A [31mb" + strings.Repeat("x", 32) + "…", "My tickets", "Deskbell. Connected to A [31mb" + strings.Repeat("x", 32) + "…", true},
	} {
		t.Run(name, func(t *testing.T) {
			v := model.TrayOf(c.status, noon)
			if v.Bell.Name() != c.bell {
				t.Errorf("the bell is %s, want %s", v.Bell.Name(), c.bell)
			}
			if m := line(v, model.ItemStatus); m.Label != c.line || m.Enabled {
				t.Errorf("the status line is %+v, want %q", m, c.line)
			}
			if m := line(v, model.ItemTickets); m.Label != c.tickets {
				t.Errorf("the tickets' line is %q, want %q", m.Label, c.tickets)
			}
			if v.Tooltip != c.tip {
				t.Errorf("the tooltip is %q, want %q", v.Tooltip, c.tip)
			}
			if line(v, model.ItemBrowser).Enabled != c.browser {
				t.Errorf("the browser's line is enabled: %v", !c.browser)
			}
			if m := line(v, model.ItemFroze); m.Label != "It froze just now" || m.Enabled != (c.status.Connection != local.NoAgent) {
				t.Errorf("the line that marks a moment is %+v", m)
			}
			if len(v.Items) != 11 {
				t.Errorf("the menu has %d lines", len(v.Items))
			}
		})
	}
}

func news(ids ...string) local.Status {
	s := local.Status{Connection: local.Connected, Unread: len(ids)}
	for _, id := range ids {
		s.News = append(s.News, local.News{ID: id, Ticket: "T" + id[:1], Title: "Printer", Author: "Alex", Text: "text " + id})
	}
	return s
}

func TestNews(t *testing.T) {
	var n model.News
	step := func(what string, s local.Status, shows, withdraws string) {
		t.Helper()
		show, withdraw := n.Next(s)
		var got []string
		for _, note := range show {
			got = append(got, note.Key+":"+note.Body)
		}
		if g := fmt.Sprint(got); g != shows {
			t.Errorf("%s: it shows %s, want %s", what, g, shows)
		}
		if g := fmt.Sprint(withdraw); g != withdraws {
			t.Errorf("%s: it takes away %s, want %s", what, g, withdraws)
		}
	}
	step("at start, several", news("1a", "2a"), "[summary:They are in My tickets.]", "[]")
	step("the same again", news("1a", "2a"), "[]", "[]")
	step("one more", news("3a", "1a", "2a"), "[T3:text 3a]", "[]")
	step("another on the same ticket", news("3b", "3a", "1a", "2a"), "[T3:text 3b]", "[]")
	step("the agent goes away", model.Away(), "[]", "[]")
	step("and comes back", news("3b", "3a", "1a", "2a"), "[]", "[]")
	step("one of the summary read elsewhere", news("3b", "3a", "2a"), "[]", "[]")
	step("the other too", news("3b", "3a"), "[]", "[summary]")
	step("the ticket read", news(), "[]", "[T3]")
	step("a burst", news("5a", "6a", "7a", "8a"), "[summary:They are in My tickets.]", "[]")
	n = model.News{}
	step("at start, one", news("9a"), "[T9:text 9a]", "[]")
}

func TestNewsWithoutAnAuthor(t *testing.T) {
	var n model.News
	s := news("1a")
	s.News[0].Author = ""
	if show, _ := n.Next(s); show[0].Title != "Your help desk answered “Printer”" {
		t.Errorf("the note is %+v", show[0])
	}
}
