package model

import (
	"strconv"

	"github.com/deskbell/deskbell/internal/tongue"
	"github.com/deskbell/deskbell/ui/shot/edit"
)

// The fixed words of the window.
func WordsShotTitle() string   { return tongue.Say("shot.title") }
func WordsShotApply() string   { return tongue.Say("shot.apply") }
func WordsShotUndo() string    { return tongue.Say("shot.undo") }
func WordsShotRedo() string    { return tongue.Say("shot.redo") }
func WordsShotAdd() string     { return tongue.Say("shot.add") }
func WordsShotDiscard() string { return tongue.Say("shot.discard") }

// WordsRingPicture is the button that begins it.
func WordsRingPicture() string { return tongue.Say("ring.picture") }

func wordsRingPicturing() string { return tongue.Say("ring.picturing") }

func wordsShotAll() string       { return tongue.Say("shot.all") }
func wordsShotPreparing() string { return tongue.Say("shot.preparing") }

func wordsShotScreen(n int) string {
	return tongue.Say("shot.screen", tongue.Name("number", strconv.Itoa(n)))
}

// WordsShotTool names a tool.
func WordsShotTool(t edit.Tool) string {
	switch t {
	case edit.Arrow:
		return tongue.Say("shot.arrow")
	case edit.Blur:
		return tongue.Say("shot.blur")
	}
	return tongue.Say("shot.crop")
}

func wordsShotHint(t edit.Tool) string {
	switch t {
	case edit.Arrow:
		return tongue.Say("shot.hint_arrow")
	case edit.Blur:
		return tongue.Say("shot.hint_blur")
	}
	return tongue.Say("shot.hint_crop")
}
