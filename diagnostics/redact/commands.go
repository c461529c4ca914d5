package redact

import (
	"regexp"
	"strings"
)

// option is a long option whose value follows after a blank.
var option = regexp.MustCompile(`(^|[\s"'])--?([A-Za-z][A-Za-z0-9_.-]+)[ \t]+("[^"]*"|'[^']*'|[^\s"'-][^\s"']*)`)

// options masks --password VALUE, whatever program it is for.
func (p *passing) options() {
	if !strings.Contains(p.text, "-") {
		return
	}
	var b strings.Builder
	from := 0
	for _, m := range option.FindAllStringSubmatchIndex(p.text, -1) {
		name, value := p.text[m[4]:m[5]], p.text[m[6]:m[7]]
		if !secretName(name, value, false) || harmless(value, " ") {
			continue
		}
		b.WriteString(p.text[from:m[6]])
		b.WriteString(Mark)
		from = m[7]
		p.count++
	}
	if from > 0 {
		b.WriteString(p.text[from:])
		p.text = b.String()
	}
}

// tool is a program with an option of its own for a password: what -p means to
// one is a port to the next. The option's first group is the secret.
type tool struct {
	names  []string // cheap to look for, in lower case
	called *regexp.Regexp
	option *regexp.Regexp
}

// newTool takes the names, divided by |, and what may stand between the name and
// the option.
func newTool(names, option string) tool { return newSubcommand(names, "", option) }

func newSubcommand(names, then, option string) tool {
	return tool{
		names:  strings.Split(names, "|"),
		called: regexp.MustCompile(`(?i)(?:^|[\s/\\"'(])(?:` + names + `)(?:\.exe)?["']?` + then + `\s`),
		option: regexp.MustCompile(option),
	}
}

const word = `("[^"]*"|'[^']*'|[^\s"'|;&]+)`

var knownTools = []tool{
	newTool(`mysql|mysqldump|mysqladmin|mysqlimport|mysqlcheck|mariadb|mariadb-dump`, `\s-p([^\s"'-][^\s"']*)`),
	newTool(`sshpass`, `^(?:\s+-[vV])*\s+-p\s*`+word),
	newTool(`redis-cli`, `\s-a\s*`+word),
	newTool(`curl`, `\s(?:-u|-U|--user|--proxy-user)\s*=?["']?[^\s:"']+:([^\s"']+)`),
	newTool(`ldapsearch|ldapadd|ldapmodify|ldapdelete|ldapwhoami|ldappasswd`, `\s-w\s*`+word),
	newTool(`smbclient|rpcclient|net|smbget|winexe`, `\s(?:-U|--user)\s*=?["']?[^\s%"']+%([^\s"']+)`),
	newTool(`openssl`, `\bpass:([^\s"']+)`),
	newTool(`xfreerdp|xfreerdp3|wlfreerdp|mstsc`, `\s/p:`+word),
	newTool(`rdesktop|psexec|psexec64`, `\s-p\s+`+word),
	newSubcommand(`docker|podman|buildah|skopeo|helm|az|oc|cf`, `\s+(?:\S+\s+)*?login`, `\s-p\s*`+word),
	newTool(`sqlcmd|bcp|isql|tsql|osql|ipmitool|zip|unzip|mosquitto_pub|mosquitto_sub`, `\s-P\s*`+word),
	newTool(`7z|7za|7zz|rar|unrar`, `\s-h?p([^\s"'-][^\s"']*)`),
	newTool(`plink|pscp|psftp|putty`, `\s-pw\s+`+word),
	newTool(`ssh-keygen`, `\s-[NP]\s+`+word),
	newTool(`snmpget|snmpwalk|snmpbulkwalk|snmpset|snmpbulkget|snmptrap`, `\s-[cAX]\s*`+word),
	newTool(`schtasks`, `(?i)\s/r?p\s+`+word),
	newSubcommand(`net`, `\s+use`, `(?i)\s(?:[a-z]:|\*)?\s*\\\\\S+\s+([^\s/"'][^\s"']*)`),
	newTool(`sqlplus|expdp|impdp|rman`, `\s[A-Za-z0-9_]+/([^\s@"'/]+)(?:@|\s|$)`),
	newTool(`htpasswd`, `\s-[a-zA-Z]*b[a-zA-Z]*(?:\s+-\S+)*\s+\S+\s+\S+\s+`+word),
}

// tools masks what stands after a program's own option for a password, up to the
// end of its command.
func (p *passing) tools() {
	if !strings.ContainsAny(p.text, "-/:\\") {
		return
	}
	lower := strings.ToLower(p.text)
	for _, t := range knownTools {
		if !containsAny(lower, t.names) {
			continue
		}
		from := 0
		for {
			at := t.called.FindStringIndex(p.text[from:])
			if at == nil {
				break
			}
			start := from + at[1] - 1 // the blank belongs to the option
			end := len(p.text)
			if i := strings.IndexAny(p.text[start:], "|;\n"); i >= 0 {
				end = start + i
			}
			// One look at each command: a long text must not be looked at again for
			// every word in it that is also a program's name.
			part := passing{text: p.text[start:end]}
			part.mask(t.option, 1)
			p.count += part.count
			p.text = p.text[:start] + part.text + p.text[end:]
			from = start + len(part.text)
		}
	}
}
