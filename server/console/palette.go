package console

import (
	"strings"

	"github.com/deskbell/deskbell/server/auth"
)

// palettePage is a page that the palette leads to and that no navigation names.
type palettePage struct {
	found
	words string // besides the title, by which it is found
	op    auth.Operation
}

func palettePages() []palettePage {
	return []palettePage{
		{found{"Go to", "Alerts", "NOC", alertsPath}, "alarms firing rules incidents", auth.NOCRead},
		{found{"Go to", "Alert rules", "NOC", alertRulesPath}, "alarms thresholds promql prometheus try", auth.NOCRead},
		{found{"Go to", "Announcements", "NOC", announcementsPath}, "known outages tell employees status incident", auth.NOCRead},
		{found{"Go to", "Major incidents", "NOC", incidentsPath}, "outages bursts proposals", auth.NOCRead},
		{found{"Go to", "Checks", "NOC", checksPath}, "services synthetic ping http tcp dns tls certificate uptime monitor", auth.NOCRead},
		{found{"Go to", "Network devices", "NOC", devicesPath}, "snmp switches routers interfaces ports access points ups", auth.NOCRead},
		{found{"Go to", "Availability", "Reports", availabilityPath}, "uptime outages downtime mttr sla sites checks health report", auth.ReportsRead},
		{found{"Go to", "Scheduled reports", "Reports", schedulesPath}, "mail send each month week availability health", auth.ReportsRead},
		{found{"Go to", "Heartbeats", "NOC", heartbeatsPath}, "jobs backups cron call in dead man", auth.NOCRead},
		{found{"Go to", "Groups", "NOC", groupsPath}, "groups of endpoints machines tags labels condition departments", auth.NOCRead},
		{found{"Go to", "The wall on a television", "NOC", tvPath}, "tv mode screen full wallboard", auth.WallView},
		{found{"Go to", "Screens", "NOC", screensPath}, "tv televisions wall link hallway revoke", auth.WallManage},
		{found{"Go to", "On call", "NOC", oncallPath}, "rota shifts duty pager escalation who is on", auth.NOCRead},
		{found{"Go to", "Ask the fleet", "NOC", "/noc/questions"}, "questions to the fleet survey machines endpoints", auth.FleetAsk},
	}
}

// palettePagesFor are the pages that somebody may see and whose names have every word.
func palettePagesFor(actor auth.Actor, text string) []found {
	var out []found
	for _, p := range palettePages() {
		name, fits := strings.ToLower(p.Title+" "+p.words), auth.May(actor, p.op)
		for w := range strings.FieldsSeq(strings.ToLower(text)) {
			fits = fits && strings.Contains(name, w)
		}
		if fits {
			out = append(out, p.found)
		}
	}
	return out
}
