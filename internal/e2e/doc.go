// Package e2e holds the one test of the main job, whole: the real programs as
// processes of their own, the bell clicked over D-Bus, the window filled by
// keyboard, Chromium as the technicians, the answer read in the tray. With
// DESKBELL_PICTURES it keeps a picture of each step in that folder.
package e2e
