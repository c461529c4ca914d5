package probe

import (
	"cmp"
	"context"
	"encoding/binary"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/deskbell/deskbell/diagnostics/inventory"
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

// readAccounts reads the local accounts of people, whether they may administer, and
// when they signed in last. Cost: two small files and the end of a log. Deadline: 5 s.
// Passwords, and whether there is one, are not looked at.
func readAccounts(_ context.Context, at root) (*inventory.Accounts, string, error) {
	people := peopleOf(at)
	if people == nil {
		return nil, "", unsupported("The list of accounts could not be read.")
	}
	admins := map[string]bool{}
	groups, _ := at.text("/etc/group", 1<<20) // without it nobody is known to administer
	for line := range strings.Lines(groups) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) == 4 && (f[0] == "sudo" || f[0] == "wheel" || f[0] == "admin") {
			for name := range strings.SplitSeq(f[3], ",") {
				admins[name] = true
			}
		}
	}
	last := lastSignIns(at)
	a := &inventory.Accounts{}
	for _, p := range people {
		one := inventory.Account{Name: p.name, UID: strconv.Itoa(p.uid), Admin: p.uid == 0 || admins[p.name]}
		if l, ok := last[p.name]; ok {
			one.LastSignIn, one.From = l.at, l.from
		}
		if t, from, ok := lastlog(at, p.uid); ok && t.After(one.LastSignIn) {
			one.LastSignIn, one.From = t, from
		}
		a.Accounts = append(a.Accounts, one)
	}
	slices.SortFunc(a.Accounts, func(x, y inventory.Account) int { return strings.Compare(x.Name, y.Name) })
	if !at.exists("/var/log/wtmp") && !at.exists("/var/log/lastlog") {
		return a, "This system keeps no record of sign-ins that can be read here.", nil
	}
	return a, "", nil
}

type signIn struct {
	at   time.Time
	from string
}

const (
	utmpSize    = 384 // struct utmp of utmp(5), on all 64-bit Linux
	utmpUser    = 7   // USER_PROCESS
	lastlogSize = 292
)

// lastSignIns reads the newest sign-in of each account from the end of wtmp.
func lastSignIns(at root) map[string]signIn {
	last := map[string]signIn{}
	f, err := os.Open(at.path("/var/log/wtmp"))
	if err != nil {
		return last
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return last
	}
	const most = 8192 * utmpSize
	from := max(0, info.Size()-info.Size()%utmpSize-most)
	b, _ := io.ReadAll(io.NewSectionReader(f, from, most)) // what could be read is something
	for ; len(b) >= utmpSize; b = b[utmpSize:] {
		if name, s, ok := parseUtmp(b[:utmpSize]); ok {
			last[name] = s
		}
	}
	return last
}

// parseUtmp reads one record of wtmp, when it is a sign-in.
func parseUtmp(b []byte) (string, signIn, bool) {
	if len(b) < utmpSize || binary.LittleEndian.Uint16(b) != utmpUser {
		return "", signIn{}, false
	}
	name := plainLine(cString(b[44:76]), 64)
	where := cmp.Or(cString(b[76:332]), cString(b[8:40]))
	seconds := int64(binary.LittleEndian.Uint32(b[340:]))
	return name, signIn{time.Unix(seconds, 0).UTC(), plainLine(where, 120)}, name != "" && seconds > 0
}

// lastlog reads an account's record of lastlog(8), which lies at its number.
func lastlog(at root, uid int) (time.Time, string, bool) {
	f, err := os.Open(at.path("/var/log/lastlog"))
	if err != nil {
		return time.Time{}, "", false
	}
	defer f.Close()
	b := make([]byte, lastlogSize)
	if _, err := f.ReadAt(b, int64(uid)*lastlogSize); err != nil {
		return time.Time{}, "", false
	}
	seconds := int64(binary.LittleEndian.Uint32(b))
	return time.Unix(seconds, 0).UTC(), plainLine(cmp.Or(cString(b[36:]), cString(b[4:36])), 120), seconds > 0
}

func cString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}
