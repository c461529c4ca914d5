package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/deskbell/deskbell/internal/fleet/scenario"
	"github.com/deskbell/deskbell/internal/settings"
)

type scenarioCmd struct {
	Days   int      `help:"How many days of each kind." default:"200"`
	People int      `help:"How many employees, each with a machine." default:"10000"`
	Seed   uint64   `help:"Seed of the first day; the next day's is one more. What the detector was tuned on has seeds up to 1000." default:"1001"`
	Kind   []string `help:"Only these kinds of days: ${enum}." enum:"normal,site,service,access-point,update,dns,vpn" sep:"," placeholder:"KIND"`
	Write  string   `help:"Write the table into this page, in place of the one that is there." placeholder:"FILE" type:"path"`
	JSON   bool     `help:"Print the results as one JSON object." name:"json"`
}

// Help says what is made up and what is not.
func (scenarioCmd) Help() string {
	return "Makes up days of an organisation, normal ones and such on which something fails for many, and measures how soon the server's own code finds it.\n" +
		"No server is needed, and none is touched. 1400 days take about a quarter of an hour on two processors."
}

var scenarioKinds = map[string]scenario.Kind{
	"normal": scenario.Normal, "site": scenario.Site, "service": scenario.Service, "access-point": scenario.AccessPoint,
	"update": scenario.Update, "dns": scenario.DNS, "vpn": scenario.VPN,
}

// Run makes the days and says what came of them.
func (c *scenarioCmd) Run(ctx context.Context, log *slog.Logger, s settings.Streams) error {
	o := scenario.Options{People: c.People, Days: c.Days, First: c.Seed}
	for _, k := range c.Kind {
		o.Kinds = append(o.Kinds, scenarioKinds[k])
	}
	begin := time.Now()
	days, err := scenario.Run(ctx, o)
	if err != nil {
		return err
	}
	log.Info("days", "made", len(days), "took", time.Since(begin).Round(time.Second))
	rows := scenario.Table(days)
	if c.Write != "" {
		page, err := os.ReadFile(c.Write)
		if err != nil {
			return err
		}
		if page, err = scenario.Into(page, rows, c.Seed, c.People); err != nil {
			return err
		}
		if err := os.WriteFile(c.Write, page, 0o644); err != nil {
			return err
		}
	}
	if c.JSON {
		return s.Print(rows)
	}
	_, err = fmt.Fprint(s.Out, scenario.Markdown(rows))
	return err
}
