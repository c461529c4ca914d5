package probe

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/deskbell/deskbell/diagnostics/inventory"
)

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
	last, form := lastSignIns(at)
	a := &inventory.Accounts{}
	for _, p := range people {
		one := inventory.Account{Name: p.name, UID: strconv.Itoa(p.uid), Admin: p.uid == 0 || admins[p.name]}
		if l, ok := last[p.name]; ok {
			one.LastSignIn, one.From = l.at, l.from
		}
		if l, ok := lastlog(at, p.uid, form); ok && l.at.After(one.LastSignIn) {
			one.LastSignIn, one.From = l.at, l.from
		}
		a.Accounts = append(a.Accounts, one)
	}
	slices.SortFunc(a.Accounts, func(x, y inventory.Account) int { return strings.Compare(x.Name, y.Name) })
	if !at.exists("/var/log/wtmp") && !at.exists("/var/log/lastlog") {
		return a, "This system keeps no record of sign-ins that can be read here.", nil
	}
	return a, "", nil
}
