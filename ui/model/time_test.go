package model_test

import (
	"testing"
	"time"

	"github.com/deskbell/deskbell/ui/model"
)

func TestWhen(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	now := time.Date(2026, 11, 21, 14, 30, 0, 0, berlin)
	for ago, want := range map[time.Duration]string{
		-3 * time.Second:                "just now", // a clock that is ahead
		59 * time.Second:                "just now",
		12*time.Minute + 40*time.Second: "12 min ago",
		3*time.Hour + 12*time.Minute:    "3 h 12 min ago",
		2 * time.Hour:                   "2 h ago",
		52 * time.Hour:                  "2 d 4 h ago",
		8 * 24 * time.Hour:              "13 November",
		400 * 24 * time.Hour:            "17 October 2025",
	} {
		if got := model.WhenOf(now.Add(-ago).UTC(), now); got.Ago != want {
			t.Errorf("%v before is %q, want %q", ago, got.Ago, want)
		}
	}
	if got := model.WhenOf(now.Add(-time.Hour).UTC(), now).Exact; got != "Saturday, 21 November 2026, 13:30:00" {
		t.Errorf("the exact time is %q", got)
	}
	if got := model.WhenOf(time.Time{}, now); got != (model.When{}) {
		t.Errorf("no time is %q", got)
	}
}
