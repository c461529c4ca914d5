package session

import "golang.org/x/sys/windows"

// preferred asks for the languages that the person has chosen for windows and
// menus, the dearest first.
func preferred() []string {
	all, err := windows.GetUserPreferredUILanguages(windows.MUI_LANGUAGE_NAME)
	if err != nil {
		return nil // English then
	}
	return all
}
