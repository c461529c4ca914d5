package probe

import (
	"context"
	"os/exec"
	"strings"

	"github.com/deskbell/deskbell/diagnostics"
)

// readServices asks systemd. Other service managers do not know which services
// failed, so nothing is told of them.
func readServices(ctx context.Context, all bool) (diagnostics.Services, string, error) {
	if !exists("/run/systemd/system") {
		return diagnostics.Services{}, "", unsupported("This system does not run systemd, and other service managers do not tell which services have failed.")
	}
	systemctl, err := exec.LookPath("systemctl")
	if err != nil {
		return diagnostics.Services{}, "", unsupported("The program systemctl is missing.")
	}
	b, err := output(ctx, 2<<20, systemctl, "list-units", "--type=service", "--all", "--plain", "--full", "--no-legend", "--no-pager")
	if err != nil {
		return diagnostics.Services{}, "", err
	}
	units := parseUnits(string(b))
	s := diagnostics.Services{Manager: "systemd", Total: len(units)}
	var failed []string
	for _, u := range units {
		switch u.State {
		case "running":
			s.Running++
		case "failed":
			s.Failed = append(s.Failed, u)
			failed = append(failed, u.Name)
		}
	}
	note := ""
	if len(failed) > 0 {
		args := append([]string{"show", "--property=Id,Result,ExecMainCode,ExecMainStatus", "--"}, failed[:min(len(failed), 50)]...)
		if b, err := output(ctx, 1<<20, systemctl, args...); err == nil {
			addResults(s.Failed, string(b))
		} else {
			note = "Why services failed could not be read: " + err.Error() + "."
		}
	}
	if all {
		s.All = units[:min(len(units), maxServices)]
		if b, err := output(ctx, 2<<20, systemctl, "list-unit-files", "--type=service", "--plain", "--full", "--no-legend", "--no-pager"); err == nil {
			addStarts(s.All, string(b))
		}
	}
	return s, note, nil
}

// parseUnits reads the lines of systemctl list-units: unit, load, active, sub,
// description. Units that are only named by others, and not there, are left out.
func parseUnits(text string) []diagnostics.Service {
	var all []diagnostics.Service
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) > 0 && (f[0] == "●" || f[0] == "*" || f[0] == "×") {
			f = f[1:]
		}
		if len(f) < 4 || f[1] == "not-found" || !strings.HasSuffix(f[0], ".service") {
			continue
		}
		s := diagnostics.Service{Name: plainLine(strings.TrimSuffix(f[0], ".service"), 120), State: f[3], Description: plainLine(strings.Join(f[4:], " "), 160)}
		switch {
		case f[2] == "failed":
			s.State = "failed"
		case f[2] == "activating":
			s.State = "starting"
		case f[2] == "inactive":
			s.State = "stopped"
		case f[2] == "active" && f[3] == "running":
			s.State = "running"
		}
		all = append(all, s)
	}
	return all
}

// addResults adds why units failed, from the blocks of systemctl show.
func addResults(failed []diagnostics.Service, text string) {
	for block := range strings.SplitSeq(text, "\n\n") {
		v := map[string]string{}
		for line := range strings.Lines(block) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
				v[key] = value
			}
		}
		for i := range failed {
			if failed[i].Name != strings.TrimSuffix(v["Id"], ".service") {
				continue
			}
			failed[i].Detail = "result " + plainLine(v["Result"], 40)
			if v["ExecMainStatus"] != "" && v["ExecMainStatus"] != "0" {
				failed[i].Detail += ", status " + plainLine(v["ExecMainStatus"], 20)
			}
		}
	}
}

func addStarts(all []diagnostics.Service, text string) {
	start := map[string]string{}
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) >= 2 {
			start[strings.TrimSuffix(f[0], ".service")] = f[1]
		}
	}
	for i := range all {
		name := all[i].Name
		s := start[name]
		if at := strings.IndexByte(name, '@'); s == "" && at > 0 {
			s = start[name[:at+1]] // an instance starts as its template does
		}
		switch s {
		case "enabled", "enabled-runtime", "generated":
			all[i].Start = "automatic"
		case "static", "indirect", "alias", "linked", "transient":
			all[i].Start = "manual"
		case "disabled", "masked", "masked-runtime":
			all[i].Start = "disabled"
		}
	}
}
