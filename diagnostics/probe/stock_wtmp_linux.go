package probe

import (
	"io"
	"os"
)

// lastSignIns reads the newest sign-in of each account from the end of wtmp, and how
// the file is laid out.
func lastSignIns(at root) (map[string]signIn, utmpForm) {
	last := map[string]signIn{}
	f, err := os.Open(at.path("/var/log/wtmp"))
	if err != nil {
		return last, utmpForms[0]
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return last, utmpForms[0]
	}
	// Records are counted from the beginning; a multiple of both sizes keeps step.
	const step, most = 9600, 9600 * 328
	from := max(0, (info.Size()-most)/step*step)
	b, _ := io.ReadAll(io.NewSectionReader(f, from, most+step)) // what could be read is something
	form := utmpFormOf(b)
	for ; len(b) >= form.size; b = b[form.size:] {
		if name, s, ok := form.parse(b[:form.size]); ok {
			last[name] = s
		}
	}
	return last, form
}

// lastlog reads an account's record of lastlog(8), which lies at its number.
func lastlog(at root, uid int, form utmpForm) (signIn, bool) {
	f, err := os.Open(at.path("/var/log/lastlog"))
	if err != nil {
		return signIn{}, false
	}
	defer f.Close()
	b := make([]byte, form.lastlog)
	if _, err := f.ReadAt(b, int64(uid)*int64(form.lastlog)); err != nil {
		return signIn{}, false
	}
	return form.parseLastlog(b)
}
