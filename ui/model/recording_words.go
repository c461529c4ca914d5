package model

import "fmt"

// The words around the flight recorder.
const (
	wordsTrayFroze = "It froze just now"

	wordsRecorder        = "Flight recorder"
	wordsRecorderClock   = "Here the clock was set."
	wordsRecorderRestart = "Here the computer was started anew."

	wordsNoteMarked    = "Noted"
	wordsNoteMarkedIs  = "What this computer did around this moment is kept. Click here to get help; within an hour you can send it along."
	wordsNoteNotMarked = "That could not be noted"
)

func wordsRecorderSummary(at string, seconds int) string {
	return plural(max((seconds+30)/60, 1), "What programs did around "+at+": 1 minute, second by second", "What programs did around "+at+": %d minutes, second by second")
}

func wordsRecorderMark(at string) string {
	return fmt.Sprintf("“It froze just now” was chosen at %s. Of each ten seconds, the worst:", at)
}

// wordsRingRecorder is what is said of it in the line that tells what is sent.
func wordsRingRecorder(at string) string {
	return fmt.Sprintf("And what this computer did around %s.", at)
}

// recorderLabel names a number of the recording, and tells whether little of it is
// bad. One that a newer service has is shown by the name it came with.
func recorderLabel(column string) (label string, low bool) {
	switch column {
	case "cpu_busy_percent":
		return "processor", false
	case "io_wait_percent":
		return "waiting for disks", false
	case "memory_available_mebibytes":
		return "free memory", true
	case "swap_used_mebibytes":
		return "swap", false
	case "stalled_for_cpu_percent":
		return "held up by the processor", false
	case "stalled_for_memory_percent":
		return "held up by memory", false
	case "stalled_for_disk_percent":
		return "held up by disks", false
	case "disk_busy_percent":
		return "disk busy", false
	case "disk_latency_milliseconds":
		return "disk answers in", false
	case "net_received_kibibytes_per_second":
		return "received", false
	case "net_sent_kibibytes_per_second":
		return "sent", false
	}
	return clip(column, 60), false
}
