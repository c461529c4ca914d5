package probe

import (
	"path/filepath"
	"syscall"
	"testing"
)

// A machine with four people: one uses GNOME, one KDE, one nothing of the sort, one is
// not signed in.
func TestProxiesOfPeople(t *testing.T) {
	at := made(t, map[string]string{
		"/etc/passwd":                          "root:x:0:0:root:/root:/bin/bash\nmara:x:1000:1000::/home/mara:/bin/bash\nkofi:x:1001:1001::/home/kofi:/bin/bash\nlena:x:1002:1002::/home/lena:/bin/bash\naway:x:1003:1003::/home/away:/bin/bash\n",
		"/etc/environment":                     "https_proxy=http://site:hush@gate.example.com:3128\n",
		"/home/mara/.config/dconf/user":        string(recordedDconf(t)),
		"/home/kofi/.config/kioslaverc":        "[Proxy Settings]\nProxyType=2\nProxy Config Script=http://pac.example.com/p.pac\n",
		"/home/away/.config/kioslaverc":        "[Proxy Settings]\nProxyType=2\nProxy Config Script=http://away.example.com/p.pac\n",
		"/run/user/1000/x":                     "",
		"/run/user/1001/x":                     "",
		"/run/user/1002/x":                     "",
		"/etc/dconf/profile/user":              "user-db:user\nsystem-db:../../../etc/shadow\n",
		"/home/lena/.config/dconf/placeholder": "",
	})
	// A pipe in the place of settings must not hold us.
	if err := syscall.Mkfifo(filepath.Join(string(at), "home/lena/.config/kioslaverc"), 0o600); err != nil {
		t.Fatal(err)
	}
	to := parse(t, "https://intranet.example.com/")
	var got []string
	for _, s := range proxiesAt(t.Context(), at) {
		got = append(got, s.Whose+" "+s.By+": "+leads(s, to))
	}
	want := []string{
		" environment: http://site:hush@gate.example.com:3128", "mara gnome: http://proxy.example.com:3128", "kofi kde: script http://pac.example.com/p.pac",
		"lena environment: http://site:hush@gate.example.com:3128",
	}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%q, not %q", got[i], want[i])
		}
	}
	// Where nobody has set anything but the organisation, that counts for all.
	shared := made(t, map[string]string{
		"/etc/passwd": "mara:x:1000:1000::/home/mara:/bin/bash\n", "/run/user/1000/x": "",
		"/etc/dconf/profile/user": "user-db:user\nsystem-db:local\n", "/etc/dconf/db/local": string(recordedDconf(t)),
	})
	if all := proxiesAt(t.Context(), shared); len(all) != 2 || all[1].Whose != "mara" || leads(all[1], to) != "http://proxy.example.com:3128" {
		t.Errorf("%+v", all)
	}
}
