package probe

import (
	"cmp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// person is a line of /etc/passwd.
type person struct {
	name, home string
	uid, gid   int
}

// peopleOf lists the accounts of people: those that can sign in, and have a number
// that systems give to people. Accounts of a directory are not asked for: listing a
// whole directory is a burden to its server.
func peopleOf(at root) []person {
	text, err := at.text("/etc/passwd", 1<<20)
	if err != nil {
		return nil
	}
	var all []person
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) != 7 {
			continue
		}
		uid, err := strconv.Atoi(f[2])
		shell := f[6][strings.LastIndexByte(f[6], '/')+1:]
		if err != nil || uid != 0 && (uid < 1000 || uid >= 60000) || shell == "nologin" || shell == "false" || len(all) == 200 {
			continue
		}
		gid, _ := strconv.Atoi(f[3]) // a damaged line has no group
		all = append(all, person{plainLine(f[0], 64), f[5], uid, gid})
	}
	return all
}

// userNames remembers the names of this machine's accounts for a minute.
var userNames struct {
	sync.Mutex
	at    time.Time
	names map[string]string
}

// userName names an account by its number. A number without a name is its name.
func userName(at root, uid string) string {
	userNames.Lock()
	defer userNames.Unlock()
	if at != "" || userNames.names == nil || time.Since(userNames.at) > time.Minute {
		names := map[string]string{}
		text, _ := at.text("/etc/passwd", 1<<20) // without it numbers are names
		for line := range strings.Lines(text) {
			if f := strings.Split(line, ":"); len(f) == 7 {
				names[f[2]] = plainLine(f[0], 64)
			}
		}
		if at != "" {
			return cmp.Or(names[uid], uid)
		}
		userNames.names, userNames.at = names, time.Now()
	}
	return cmp.Or(userNames.names[uid], uid)
}
