package model

import (
	"github.com/deskbell/deskbell/internal/tongue"
)

// The words around the flight recorder.
func wordsTrayFroze() string { return tongue.Say("tray.froze") }

func wordsRecorder() string        { return tongue.Say("common.recorder") }
func wordsRecorderClock() string   { return tongue.Say("recorder.clock") }
func wordsRecorderRestart() string { return tongue.Say("recorder.restart") }

func wordsNoteMarked() string    { return tongue.Say("note.marked") }
func wordsNoteMarkedIs() string  { return tongue.Say("note.marked_is") }
func wordsNoteNotMarked() string { return tongue.Say("note.not_marked") }

func wordsRecorderSummary(at string, seconds int) string {
	return tongue.Say("recorder.summary", tongue.Count("n", max((seconds+30)/60, 1)), tongue.Name("at", at))
}

func wordsRecorderMark(at string) string { return tongue.Say("recorder.mark", tongue.Name("at", at)) }

// wordsRingRecorder is what is said of it in the line that tells what is sent.
func wordsRingRecorder(at string) string { return tongue.Say("ring.recorder", tongue.Name("at", at)) }

// recorderLabel names a number of the recording, and tells whether little of it is
// bad. One that a newer service has is shown by the name it came with.
func recorderLabel(column string) (label string, low bool) {
	switch column {
	case "cpu_busy_percent":
		return tongue.Say("recorder.processor"), false
	case "io_wait_percent":
		return tongue.Say("recorder.waiting_for_disks"), false
	case "memory_available_mebibytes":
		return tongue.Say("recorder.free_memory"), true
	case "swap_used_mebibytes":
		return tongue.Say("recorder.swap"), false
	case "stalled_for_cpu_percent":
		return tongue.Say("recorder.stalled_processor"), false
	case "stalled_for_memory_percent":
		return tongue.Say("recorder.stalled_memory"), false
	case "stalled_for_disk_percent":
		return tongue.Say("recorder.stalled_disks"), false
	case "disk_busy_percent":
		return tongue.Say("recorder.disk_busy"), false
	case "disk_latency_milliseconds":
		return tongue.Say("recorder.disk_latency"), false
	case "net_received_kibibytes_per_second":
		return tongue.Say("recorder.received"), false
	case "net_sent_kibibytes_per_second":
		return tongue.Say("recorder.sent"), false
	}
	return clip(column, 60), false
}
