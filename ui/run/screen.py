"""The chart on the screen: the picture that a worker has drawn, and where in it things lie."""

from typing import Any

from PIL import ImageTk

from ui import colours, theme
from ui.run.picture import Drawn, Frame

SMALLEST = 10  # font size in px at 100 %
LEAST = (120, 60)  # px at 100 %: below that there is no room for margins


class Screen(theme.Canvas):
    """Shows the newest picture; items tagged otherwise than 'picture' are the mouse's."""

    def __init__(self, parent: Any):
        super().__init__(parent, takefocus=True, width=10, height=10)
        self.drawn: Drawn | None = None
        self.words = ""
        self._photo: Any = None

    def destroy(self) -> None:
        super().destroy()
        self._photo = None  # here, on the main thread

    @property
    def frame(self) -> Frame:
        """Of the picture that is shown."""
        return self.drawn.frame if self.drawn else Frame()

    @property
    def room(self) -> tuple[int, int]:
        """The size that a picture should have; (0, 0) where there is too little room for one."""
        width, height = self.winfo_width(), self.winfo_height()
        return (width, height) if width >= self.px(LEAST[0]) and height >= self.px(LEAST[1]) else (0, 0)

    def say(self, text: str) -> None:
        """In the middle, instead of the picture: its axes mean nothing then. The picture again where it is empty."""
        if text != self.words:
            self.words = text
            self.redraw()

    def draw(self) -> None:
        """The words, in smaller letters where they would be cut."""
        self.delete("words")
        self.itemconfigure("picture", state="hidden" if self.words else "normal")
        for size in (theme.BODY, theme.SMALL, SMALLEST) if self.words else ():
            self.delete("words")
            self.create_text(
                self.winfo_width() / 2, self.winfo_height() / 2, text=self.words, justify="center", font=self.face(size),
                fill=theme.now(colours.DIM), width=max(self.winfo_width() - self.px(24), 1), tags="words",
            )  # fmt: skip
            _, top, _, bottom = self.bbox("words")
            if bottom - top <= self.winfo_height():
                return

    def show(self, drawn: Drawn) -> None:
        self.drawn = drawn
        if self._photo is not None and (self._photo.width(), self._photo.height()) == drawn.picture.size:
            self._photo.paste(drawn.picture)  # a third quicker than a new one, and it does not flicker
            return
        self._photo = ImageTk.PhotoImage(drawn.picture, master=self)
        self.delete("picture")
        hidden = "hidden" if self.words else "normal"
        self.create_image(0, 0, image=self._photo, anchor="nw", tags="picture", state=hidden)
        self.tag_lower("picture")
