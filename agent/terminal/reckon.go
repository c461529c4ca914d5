package terminal

// What of a terminal on Windows is plain reckoning.

// shellLine is the command line that starts the shell of Windows with UTF-8 for
// programs that know code pages only. Cmd takes what stands between the outermost
// quotation marks after /K, so the path has its own before it.
func shellLine(path string) string { return `"` + path + `" /D /K "chcp 65001 >nul"` }

// maxStatus is what a status can be on its way to the server.
const maxStatus = 1<<16 - 1

// statusOf brings a status of Windows, which has 32 bits, into the bounds of the
// message: what ended by an exception, as 0xC000013A by Ctrl-C, has the highest.
func statusOf(code uint32) int { return int(min(code, maxStatus)) }

// dots stand for what was typed. A console of Windows does not tell whether it shows
// what is typed, so a password could not be told from a command. What a command
// looked like is in what the terminal shows.
func dots(typed []byte) []byte {
	var out []byte
	for _, b := range typed {
		if b&0xC0 != 0x80 { // one for a sign, not for each of its bytes
			out = append(out, "•"...)
		}
	}
	return out
}
