package incident

import (
	"fmt"
	"time"

	"github.com/deskbell/deskbell/diagnostics/stock"
	"github.com/deskbell/deskbell/server/correlate"
)

// Words says in a few words what a cell is: “VPN in Berlin”.
func (k *Keeper) Words(c Cell) string {
	about := c.About
	if name := k.Category(c.About); name != "" {
		about = name
	}
	where := PlaceWords(c)
	switch {
	case c == Cell{}:
		return "An outage"
	case where == "":
		return about
	case about == "":
		return "Trouble " + where
	}
	return about + " " + where
}

// PlaceWords says where a cell is, as it stands behind what it is about.
func PlaceWords(c Cell) string {
	what := c.Name
	if c.Value != "" {
		what += " " + c.Value
	}
	switch c.Kind {
	case "":
		return ""
	case correlate.Site:
		return "in " + c.Name
	case stock.Subnet:
		return "in the subnet " + what
	case stock.AccessPoint:
		return "at the access point " + what
	case stock.Resolver:
		return "with the name server " + what
	case stock.Gateway:
		return "behind the gateway " + what
	case stock.Tunnel:
		return "through the tunnel " + what
	case stock.Driver:
		return "with the driver " + what
	case stock.Software:
		return "with " + what
	}
	return "on machines with " + what
}

// Line is the one line by which a proposal is told, without its title.
func (i *Incident) Line() string {
	return fmt.Sprintf("%s from %s in %s", plural(i.Tickets, "1 ticket", "%d tickets"), plural(i.People, "1 person", "%d people"), Span(i.NewsAt.Sub(i.Since)))
}

// Span is a length of time in words.
func Span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()+0.5))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()+0.5))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24+0.5))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return fmt.Sprintf(many, n)
}

func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
