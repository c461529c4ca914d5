// Package packaging holds the files with which Deskbell is installed. The programs
// embed those that they can install by themselves.
package packaging

import (
	_ "embed"
	"encoding/xml"
	"strings"
)

//go:embed systemd/deskbell-agent.service
var agentUnit string

//go:embed launchd/com.deskbell.agent.plist
var agentPlist string

// The paths that the files name, and that an installation elsewhere replaces.
const (
	unitCommand  = "/usr/bin/deskbell-agent run"
	plistProgram = "<string>/usr/local/bin/deskbell-agent</string>\n\t\t<string>run</string>"
	plistLabel   = "<string>com.deskbell.agent</string>"
)

// AgentUnit returns the agent's systemd unit for a program that stands at path.
// state names the folder of a private instance; empty means the standard one.
func AgentUnit(path, state string) string {
	command := quoteUnit(path) + " run"
	unit := agentUnit
	if state != "" {
		command += " --state " + quoteUnit(state)
		unit = strings.Replace(unit, "StateDirectory=deskbell\nStateDirectoryMode=0711\nRuntimeDirectory=deskbell\nRuntimeDirectoryMode=0755\n", "ReadWritePaths="+quoteUnit(state)+"\n", 1)
	}
	return strings.Replace(unit, unitCommand, command, 1)
}

// quoteUnit quotes one word for a unit file (systemd.service(5), “Command lines”).
func quoteUnit(s string) string {
	s = strings.NewReplacer(`%`, `%%`, `$`, `$$`, `\`, `\\`, `"`, `\"`).Replace(s)
	if strings.ContainsAny(s, " \t'\"\\;") {
		return `"` + s + `"`
	}
	return s
}

// AgentPlist returns the agent's launchd file for a program that stands at path,
// under a label. state is as AgentUnit's.
func AgentPlist(label, path, state string) string {
	program := "<string>" + escape(path) + "</string>\n\t\t<string>run</string>"
	if state != "" {
		program += "\n\t\t<string>--state</string>\n\t\t<string>" + escape(state) + "</string>"
	}
	plist := strings.Replace(agentPlist, plistProgram, program, 1)
	return strings.Replace(plist, plistLabel, "<string>"+escape(label)+"</string>", 1)
}

func escape(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		panic(err) // a builder takes everything
	}
	return b.String()
}
