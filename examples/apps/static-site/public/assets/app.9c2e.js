const { word } = await (await fetch('/api/word')).json();
document.querySelector('#word').textContent = word;
