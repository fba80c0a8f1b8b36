"""The demo world: what draws it, what read its captions into a model, and what scores pictures of it.

A picture is 64x64 pixels with one flat shape in one of six colours on a white, black or gray background; captions name
those facts. `onetrainer_clone/demo/model` is a Stable Diffusion 1.5 in miniature that was trained from scratch on it.
Everything here is arithmetic on pixels: no learned judge, so a score means the same tomorrow.

  drawing, scenes, subject   the pictures                      numpy and Pillow
  captions                   the words, and the facts in them
  parsing                    a picture -> the facts that it shows
  evaluate                   pictures -> figures
  pipeline, scores           a trained pipeline -> pictures -> Scores, and the bars they are held against
  make_*, report             the program that trained the model and filled the concept folders
"""
